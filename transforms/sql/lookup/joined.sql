-- one row per source record that became the same unified client
select
    product,
    source_id,
    outcome,
    reason
from crosswalk
where practice_id = $practice_id and entity = 'client' and unified_id = $client_id
order by product, source_id
