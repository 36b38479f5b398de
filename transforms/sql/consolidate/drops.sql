-- One row per policy and working client that it would drop, with what hangs on it: jobs and Tax records.
-- Under all_hq every working client is dropped, so where it is not chosen the first $examples are enough.
with sets as (
    select
        p.policy,
        p.set_id,
        list(r.source_id order by r.source_id) filter (where r.product = 'tax') as tax_client_ids
    from plan as p
    inner join record as r on p.rid = r.rid -- many to one
    group by p.policy, p.set_id
    having
        bool_or(r.works) and not bool_or(p.undecided)
        and not bool_or(p.outcome = 'survivor' and r.product = 'xpm')
),

dropped as (
    select
        s.policy,
        r.practice,
        r.practice_id,
        r.source_id,
        r.name,
        s.tax_client_ids,
        p.outcome,
        p.target,
        row_number() over (partition by s.policy, r.practice order by r.source_id) as place
    from sets as s
    inner join record as r on s.set_id = r.set_id -- one to many
    inner join plan as p on r.rid = p.rid and s.policy = p.policy -- one to one
    where r.works
),

jobs as (
    select
        practice_id,
        "ClientUUID" as source_id,
        count(*) as jobs
    from xpm_jobs
    group by practice_id, "ClientUUID"
)

select
    d.practice_id,
    d.policy,
    d.source_id as xpm_client_uuid,
    d.name,
    coalesce(j.jobs, 0) as jobs,
    coalesce(d.tax_client_ids, []) as tax_client_ids,
    d.outcome,
    case when t.product = 'hq' and d.outcome = 'merged' then t.source_id end as hq_client_id,
    $run_id as run_id
from dropped as d
left join chosen as c on d.practice = c.practice and d.policy = c.policy -- many to at most one
left join jobs as j on d.practice_id = j.practice_id and d.source_id = j.source_id -- many to at most one
left join record as t on d.target = t.rid -- many to at most one
where d.policy <> 'all_hq' or c.practice is not null or d.place <= $examples
