-- One row per group read of a practice with a plan.
with read as (
    select practice_id, 'hq' as product, hq_group_id as source_id, name, null::varchar as taxable
    from hq_groups
    union all
    select practice_id, 'xpm' as product, "UUID" as source_id, "Name" as name, "Taxable" as taxable
    from xpm_groups
)

select
    r.*,
    r.product = p.kept_product as on_kept_product
from read as r
inner join link_plan as p on r.practice_id = p.practice_id and p.planned
order by r.practice_id, r.product, r.source_id
