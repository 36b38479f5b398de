-- The crosswalk says of each client what consolidation decided: the same outcome, the same unified client.
-- severity: critical
-- table: crosswalk
select fate.practice_id, fate.product, fate.source_id
from client_fate as fate
inner join crosswalk as line -- one to one: both keyed by product and id, the crosswalk by entity too
    on
        fate.practice_id = line.practice_id
        and fate.product = line.product
        and fate.source_id = line.source_id
        and line.entity = 'client'
where fate.outcome <> line.outcome or fate.client_id is distinct from line.unified_id
