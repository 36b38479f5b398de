-- One row per practice: groups that do not stay as they were read, organisations that no client has, and
-- questions about both.
with records as (
    select
        *,
        count(*) over (partition by practice_id, unified_id) > 1 as joined
    from link_fate
    where entity = 'group' and outcome in ('survivor', 'merged', 'dropped')
),

lossy as (
    select distinct
        practice_id,
        product,
        source_id
    from dropped_link
    where kind = 'group' and occurrence = 1 -- a repeated entry changes nothing
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
    from organisation_link
    where state = 'orphaned'
    group by practice_id
),

asked as (
    select
        practice_id,
        count(*) as questions
    from link_questions
    where kind <> 'contact'
    group by practice_id
)

select
    practice_id,
    coalesce(c.groups_changed, 0) as groups_changed,
    coalesce(o.orphaned, 0) as orphaned,
    coalesce(a.questions, 0) as questions
from changed as c
full join orphans as o using (practice_id) -- one to one
full join asked as a using (practice_id) -- one to one
