-- One row per policy and working client that it would drop, with what hangs on it: jobs and Tax records.
-- Under all_hq every working client is dropped, so where it is not chosen the first $examples are enough.
with placed as (
    select
        *,
        row_number() over (partition by policy, practice order by source_id) as place
    from dropped
)

select
    r.practice_id,
    d.policy,
    d.source_id as xpm_client_uuid,
    r.name,
    d.jobs,
    d.tax_client_ids,
    p.outcome,
    case when t.product = 'hq' and p.outcome = 'merged' then t.source_id end as hq_client_id,
    $run_id as run_id
from placed as d
inner join record as r on d.rid = r.rid -- many to one
inner join plan as p on d.rid = p.rid and d.policy = p.policy -- one to one
left join chosen as c on d.practice = c.practice and d.policy = c.policy -- many to at most one
left join record as t on p.target = t.rid -- many to at most one
where d.policy <> 'all_hq' or c.practice is not null or d.place <= $examples
