-- One row per practice: groups that do not stay as they were read, organisations that no client has, and
-- questions about both. `record` holds the groups read, `lossy` those that lose a link.
with records as (
    select
        *,
        count(*) over (partition by practice_id, unified_id) > 1 as joined
    from record
),

changed as (
    select
        r.practice_id,
        count(*) as groups_changed
    from records as r
    left join lossy as d -- one to at most one
        on r.practice_id = d.practice_id and r.product = d.product and r.source_id = d.source_id
    where r.outcome = 'dropped' or r.joined or d.source_id is not null
    group by r.practice_id
),

orphans as (
    select
        practice_id,
        count(*) as orphaned
    from orphan
    group by practice_id
),

questions as (
    select
        practice_id,
        count(*) as questions
    from asked
    group by practice_id
)

select
    practice_id,
    coalesce(c.groups_changed, 0) as groups_changed,
    coalesce(o.orphaned, 0) as orphaned,
    coalesce(q.questions, 0) as questions
from changed as c
full join orphans as o using (practice_id) -- one to one
full join questions as q using (practice_id) -- one to one
