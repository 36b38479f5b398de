-- one row per compared pair that this record is in, the likeliest first; the other record on the right
select
    band,
    probability,
    decided_by,
    if(left_product = $product and left_id = $source_id, right_product, left_product) as product,
    if(left_product = $product and left_id = $source_id, right_id, left_id) as source_id,
    evidence
from match
where
    practice_id = $practice_id
    and ((left_product = $product and left_id = $source_id)
        or (right_product = $product and right_id = $source_id))
order by
    case band when 'exact' then 1 when 'near' then 2 else 3 end,
    probability desc,
    product,
    source_id
