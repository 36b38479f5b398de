-- One row per policy and question: what a yes would change against today's plan, and what becomes of the two
-- records of the question then and now.
with held as (
    select distinct rid from holder
),

compared as (
    select
        w.policy,
        w.rid,
        w.target,
        w.lives,
        w.outcome,
        q.question,
        q.left_rid,
        q.right_rid,
        p.target as now_target,
        p.lives as now_lives,
        p.undecided as now_undecided,
        p.outcome as now_outcome,
        case when w.undecided then 'undecided' else w.outcome end as then_told,
        case when p.undecided then 'undecided' else p.outcome end as now_told
    from supposed as w
    inner join plan as p on w.policy = p.policy and w.rid = p.rid -- many to one
    inner join asked as q on w.set_id = q.question -- many to one
)

select
    b.policy,
    b.question,
    -- While a selection is open, it hangs on the answer too: one selection then decides for both records.
    bool_or(outcome <> now_outcome or target is distinct from now_target or now_undecided) as changes,
    bool_or((outcome = 'survivor') <> (now_outcome = 'survivor') or now_undecided) as decides_survivor,
    bool_or(
        h.rid is not null
        and case when lives then target end is distinct from case when now_lives then now_target end
    ) as decides_organisation,
    max(case when b.rid = left_rid then then_told end) as left_then,
    max(case when b.rid = left_rid then target end) as left_then_rid,
    max(case when b.rid = right_rid then then_told end) as right_then,
    max(case when b.rid = right_rid then target end) as right_then_rid,
    max(case when b.rid = left_rid then now_told end) as left_now,
    max(case when b.rid = left_rid then now_target end) as left_now_rid,
    max(case when b.rid = right_rid then now_told end) as right_now,
    max(case when b.rid = right_rid then now_target end) as right_now_rid
from compared as b
left join held as h on b.rid = h.rid -- many to at most one
group by b.policy, b.question
