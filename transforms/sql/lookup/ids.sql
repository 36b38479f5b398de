-- one row per record id of one product of a practice
select distinct source_id
from crosswalk
where practice_id = $practice_id and product = $product
order by source_id
