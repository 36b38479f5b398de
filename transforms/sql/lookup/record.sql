-- one row per thing that has this id in this product: a client and a contact may share one
select
    entity,
    outcome,
    unified_id,
    reason
from crosswalk
where practice_id = $practice_id and product = $product and source_id = $source_id
order by entity
