-- One row per policy and working Practice Manager client of which no record there would survive,
-- with what hangs on each: jobs, and Tax records that are one client with it or name it.
with jobs as (
    select
        practice_id,
        "ClientUUID" as source_id,
        count(*) as jobs
    from xpm_jobs
    group by all
),

tied as (
    select
        left_rid as rid,
        right_rid as tax_rid
    from tax_pair
    union
    select
        x.rid,
        t.rid as tax_rid
    from record as x
    inner join record as t on x.set_id = t.set_id and t.product = 'tax' -- one to many
    where x.works
),

taxes as (
    select
        t.rid,
        list(r.source_id order by r.source_id) as tax_client_ids
    from tied as t
    inner join record as r on t.tax_rid = r.rid -- many to one
    group by t.rid
)

select
    p.policy,
    r.practice,
    r.rid,
    r.source_id,
    coalesce(j.jobs, 0) as jobs,
    coalesce(x.tax_client_ids, []) as tax_client_ids,
    p.outcome,
    p.target
from record as r
inner join plan as p on r.rid = p.rid -- one to one per policy
-- A working client is active, so it becomes a record of its own list wherever one of that list is kept.
inner join record as t on p.target = t.rid -- many to one
left join jobs as j on r.practice_id = j.practice_id and r.source_id = j.source_id -- one to at most one
left join taxes as x on r.rid = x.rid -- one to at most one
where r.works and not p.undecided and not (p.lives and t.product = 'xpm')
