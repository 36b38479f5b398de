-- one row per field and source where the joined records disagree, or that was filled
select
    field,
    product,
    source_id,
    value,
    chosen,
    rule
from field_value
where practice_id = $practice_id and client_id = $client_id
order by field, chosen desc, product, source_id, value
