-- One row per contact that lives on: the record that its set of agreeing records stands on (the product the
-- policy keeps, then the fuller, then the smaller id) and the stable id of the unified contact.
with headed as (
    select
        practice_id, product, source_id, name_key,
        first_value(product) over ladder as head_product,
        first_value(source_id) over ladder as head_id
    from contact_set
    window ladder as (
        partition by practice_id, set_id order by on_kept_product desc, fullness desc, source_id, product
    )
)

select
    *,
    'p_' || left(md5(practice_id || '|' || head_product || '|' || head_id), 20) as contact_id,
    product = head_product and source_id = head_id as is_head
from headed
