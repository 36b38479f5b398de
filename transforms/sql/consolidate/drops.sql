-- One row per policy and working client that it would drop, with what hangs on it: jobs and Tax records.
-- Under all_hq every working client is dropped, so where it is not chosen the first $examples are enough.
with placed as (
    select d.*
    from dropped as d
    left join chosen as c on d.practice = c.practice and d.policy = c.policy -- many to at most one
    qualify
        d.policy <> 'all_hq' or c.practice is not null
        or row_number() over (partition by d.policy, d.practice order by d.source_id) <= $examples
)

select
    r.practice_id,
    d.policy,
    d.source_id as xpm_client_uuid,
    r.name,
    d.jobs,
    d.tax_client_ids,
    d.outcome,
    case when t.product = 'hq' and d.outcome = 'merged' then t.source_id end as hq_client_id,
    $run_id as run_id
from placed as d
inner join record as r on d.rid = r.rid -- many to one
inner join record as t on d.target = t.rid -- many to one
