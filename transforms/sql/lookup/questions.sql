-- one row per open question about this record
select
    kind,
    blocking,
    why,
    consequences
from review_item
where
    practice_id = $practice_id
    and ((left_product = $product and left_id = $source_id)
        or (right_product = $product and right_id = $source_id))
order by kind, item_id
