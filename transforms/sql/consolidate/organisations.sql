-- One row per policy and practice: organisations of no survivor, of several, and those that share one.
with held as (
    select
        p.policy,
        h.practice,
        h.organisation_id,
        count(distinct p.target) filter (where p.lives) as clients
    from holder as h
    inner join plan as p on h.rid = p.rid -- many to one per policy
    group by all
),

shared as (
    select
        p.policy,
        h.practice,
        p.target
    from holder as h
    inner join plan as p on h.rid = p.rid -- many to one per policy
    where p.lives
    group by all
    having count(distinct h.organisation_id) > 1 and count(distinct h.rid) > 1
),

sharing as (
    select
        policy,
        practice,
        count(*) as sharing_clients
    from shared
    group by all
)

select
    h.policy,
    h.practice,
    count(*) filter (where h.clients = 0) as orphaned,
    count(*) filter (where h.clients > 1) as conflicts,
    coalesce(any_value(s.sharing_clients), 0) as sharing_clients
from held as h
left join sharing as s on h.policy = s.policy and h.practice = s.practice -- many to at most one
group by h.policy, h.practice
