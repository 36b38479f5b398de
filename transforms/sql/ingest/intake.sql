-- One row per practice of `batch`, product and entity: everything that its verdict is decided from.
with told as ( -- what the extracts say; one row per practice and list
    select
        practice_id,
        coalesce(l.product, e.product) as product,
        coalesce(l.entity, e.entity) as entity,
        max(e.status) filter (where e.status = 'ERROR') is not null as failed,
        min(e.error) filter (where e.status = 'ERROR') as error,
        sum(e.row_count) filter (where e.status = 'OK')::bigint as row_count
    from extracts as e
    left join lists as l on lower(e.product) = l.product and lower(e.entity) in (l.entity, l.singular)
    group by all
),

needed as (
    select practice_id, 'hq' as product, 'clients' as entity from batch
    union all
    select practice_id, 'xpm' as product, 'clients' as entity from batch
    where connection not in ('none', 'no_account') and xpm_account_id is not null
    union all
    select practice_id, 'tax' as product, 'clients' as entity from batch where has_tax
),

refused as (
    select
        b.practice_id, r.product, r.entity,
        count(*) as files,
        arg_min(r.reason, (r.file, r.reason)) as reason
    from batch as b
    inner join refusals as r on r.practice_id is null or r.practice_id = b.practice_id
    group by all
),

subjects as (
    select practice_id, product, entity from needed
    union
    select practice_id, product, entity from told
    union
    select practice_id, product, entity from refused
    union
    select practice_id, product, entity from counts
    union
    select l.practice_id, l.product, l.entity from last_intake as l semi join batch using (practice_id)
)

select
    s.practice_id, s.product, s.entity,
    coalesce(c.files, 0) + coalesce(r.files, 0) as files,
    coalesce(c.rows_read, 0) as rows_read,
    coalesce(c.rows_quarantined, 0) as rows_quarantined,
    n.product is not null as is_needed,
    t.product is not null as is_told,
    coalesce(t.failed, false) as failed,
    t.error,
    t.row_count,
    r.reason as refusal,
    coalesce(l.last_accepted_rows, 0) as last_rows,
    exists (
        from delivered as d
        where d.product = s.product and d.entity = s.entity
            and (d.practice_id is null or d.practice_id = s.practice_id)
    ) as is_delivered,
    exists (
        from needed as o
        where o.practice_id = s.practice_id
            -- The old sync's pairs are of no use without Practice Manager.
            and o.product = case when s.product = 'links' then 'xpm' else s.product end
    ) as has_product
from subjects as s -- at most one row of each of the others
left join counts as c using (practice_id, product, entity)
left join refused as r using (practice_id, product, entity)
left join needed as n using (practice_id, product, entity)
left join told as t using (practice_id, product, entity)
left join last_intake as l using (practice_id, product, entity)
