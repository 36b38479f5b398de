-- One row per policy and practice: clients that would have different organisations from several records.
with shared as (
    select
        p.policy,
        h.practice,
        p.target
    from holder as h
    inner join plan as p on h.rid = p.rid -- many to one per policy
    group by all
    having count(distinct h.organisation_id) > 1 and count(distinct h.rid) > 1
)

select
    policy,
    practice,
    count(*) as sharing_clients
from shared
group by policy, practice
