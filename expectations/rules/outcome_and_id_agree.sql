-- Survivors, merged and archived records have a unified id; those of any other outcome have none.
-- severity: critical
-- table: crosswalk
select practice_id, product, entity, source_id, outcome
from crosswalk
where (outcome in ('survivor', 'merged', 'archived')) <> (unified_id is not null)
