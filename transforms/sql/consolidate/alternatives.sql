-- One row per client of a practice with both lists and policy that it did not choose: what that policy would
-- make of it, as `links/clients` says it of the chosen one. A practice under another policy goes by a practice
-- id of its own; `own_id` is its true one. `client_no` stands for the client within that practice.
with lists as (
    select practice
    from record
    group by practice
    having bool_or(product = 'hq') and bool_or(product = 'xpm')
)

select
    concat(r.practice_id, '|', p.policy) as practice_id,
    r.practice_id as own_id,
    p.policy,
    r.product,
    r.source_id,
    p.set_id::varchar as joined_id,
    p.outcome,
    p.target::varchar as client_id,
    p.target as client_no,
    case t.product when 'hq' then 'hq' when 'xpm' then 'xpm' when 'tax' then 'xpm' end as stands_on,
    p.lives,
    null::varchar as lost
from record as r
semi join lists as l on r.practice = l.practice
inner join plan as p on r.rid = p.rid -- one to one per policy
left join record as t on p.target = t.rid -- many to at most one
left join effective_policy as e on r.practice_id = e.practice_id -- many to at most one
where p.policy is distinct from e.policy
