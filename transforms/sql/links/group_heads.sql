-- One row per group read of a practice with a plan: the group its set stands on (of the product that the policy
-- keeps, then the smaller id) and Practice Manager's Taxable.
with headed as (
    select
        practice_id, product, source_id, set_no, name_key, has_members,
        first_value(product) over ladder as head_product,
        first_value(source_id) over ladder as head_id,
        first_value(name) over ladder as name,
        first_value(taxable) over (
            partition by set_no order by taxable is null, on_kept_product desc, source_id, product
        ) as taxable
    from group_record
    window ladder as (partition by set_no order by on_kept_product desc, source_id, product)
)

select
    *,
    'g_' || left(md5(practice_id || '|' || head_product || '|' || head_id), 20) as group_id,
    product = head_product and source_id = head_id as is_head
from headed
