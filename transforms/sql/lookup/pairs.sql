-- one row per compared pair that this record is in, the likeliest first
with pairs as (
    select
        *,
        left_product = $product and left_id = $source_id as this_is_left
    from match
    where
        practice_id = $practice_id
        and ((left_product = $product and left_id = $source_id)
            or (right_product = $product and right_id = $source_id))
)

select
    band,
    probability,
    decided_by,
    reason,
    this_is_left,
    if(this_is_left, right_product, left_product) as product,
    if(this_is_left, right_id, left_id) as source_id,
    evidence
from pairs
order by
    list_position(['exact', 'near', 'rejected'], band),
    probability desc,
    product,
    source_id
