-- One row per question: what its answer unlocks per minute, and its place in the practice.
-- `member`: one row per question and client that it is about (a question on groups counts as one).
with counted as (
    select
        q.practice_id,
        q.family_key,
        q.blocking,
        count(distinct coalesce(m.set_id::varchar, q.item_id)) as clients
    from question as q
    left join member as m on q.item_id = m.item_id -- one to many
    group by q.practice_id, q.family_key, q.blocking
),

timed as (
    select
        q.practice_id,
        q.item_id,
        q.family_key,
        q.blocking,
        k.minutes,
        sum(k.minutes) over (partition by q.practice_id, q.blocking, q.family_key) as family_minutes
    from question as q
    inner join kind_minutes as k on q.kind = k.kind -- many to one
),

valued as (
    select
        t.*,
        round(c.clients / t.family_minutes, 6) as unlocks_per_minute
    from timed as t
    inner join counted as c using (practice_id, family_key, blocking) -- many to one
)

select
    item_id,
    minutes,
    unlocks_per_minute,
    row_number() over (
        partition by practice_id
        order by blocking desc, unlocks_per_minute desc, family_key asc, minutes asc, item_id asc
    ) as rank
from valued
