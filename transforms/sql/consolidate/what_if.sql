-- One row per policy and question: what a yes would change against today's plan, and what becomes of the two
-- records of the question then and now.
with touched as (
    select distinct
        s.set_id as question,
        h.practice,
        h.organisation_id
    from supposed as s
    inner join holder as h on s.rid = h.rid -- many to many: a record may hold several organisations
    where s.policy = 'all_xpm' -- the records of a question are the same under every policy
),

-- Materialised so that the planner does not look for everybody's holders first.
held as materialized (
    select
        t.question,
        t.organisation_id,
        h.rid
    from touched as t
    inner join holder as h -- one to many
        on t.practice = h.practice and t.organisation_id = h.organisation_id
),

-- The clients that an organisation would be on, today and after a yes; more than one is a conflict.
placed as (
    select
        p.policy,
        h.question,
        h.organisation_id,
        list_sort(list(distinct case when p.lives then p.target end)) as today,
        list_sort(list(distinct case
            when s.rid is null and p.lives then p.target
            when s.lives then s.target
        end)) as then_on
    from held as h
    inner join plan as p on h.rid = p.rid -- many to one per policy
    left join supposed as s -- many to at most one
        on p.policy = s.policy and h.question = s.set_id and h.rid = s.rid
    group by p.policy, h.question, h.organisation_id
),

decided as (
    select
        policy,
        question
    from placed
    where list_filter(today, lambda rid: rid is not null) <> list_filter(then_on, lambda rid: rid is not null)
    group by policy, question
)

select
    s.policy,
    s.set_id as question,
    -- While a selection is open, it hangs on the answer too: one selection then decides for both records.
    bool_or(s.outcome <> p.outcome or s.target is distinct from p.target or p.undecided) as changes,
    bool_or((s.outcome = 'survivor') <> (p.outcome = 'survivor') or p.undecided) as decides_survivor,
    any_value(d.question) is not null as decides_organisation,
    max(case when s.rid = q.left_rid then case when s.undecided then 'undecided' else s.outcome end end)
        as left_then,
    max(case when s.rid = q.left_rid then s.target end) as left_then_rid,
    max(case when s.rid = q.right_rid then case when s.undecided then 'undecided' else s.outcome end end)
        as right_then,
    max(case when s.rid = q.right_rid then s.target end) as right_then_rid,
    max(case when s.rid = q.left_rid then case when p.undecided then 'undecided' else p.outcome end end)
        as left_now,
    max(case when s.rid = q.left_rid then p.target end) as left_now_rid,
    max(case when s.rid = q.right_rid then case when p.undecided then 'undecided' else p.outcome end end)
        as right_now,
    max(case when s.rid = q.right_rid then p.target end) as right_now_rid
from supposed as s
inner join asked as q on s.set_id = q.question -- many to one
inner join plan as p on s.policy = p.policy and s.rid = p.rid -- many to one
left join decided as d on s.policy = d.policy and s.set_id = d.question -- many to at most one
group by s.policy, s.set_id
