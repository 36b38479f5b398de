-- One row per policy and question: what a yes would change against today's plan.
with held as (
    select distinct rid from holder
)

select
    w.policy,
    w.set_id as question,
    -- While a selection is open, it hangs on the answer too: one selection then decides for both records.
    bool_or(w.outcome <> p.outcome or w.target is distinct from p.target or p.undecided) as changes,
    bool_or((w.outcome = 'survivor') <> (p.outcome = 'survivor') or p.undecided) as decides_survivor,
    bool_or(
        h.rid is not null
        and case when w.lives then w.target end is distinct from case when p.lives then p.target end
    ) as decides_organisation
from supposed as w
inner join plan as p on w.policy = p.policy and w.rid = p.rid -- many to one
left join held as h on w.rid = h.rid -- many to at most one
group by w.policy, w.set_id
