-- Every recorded field value belongs to a client of the same practice.
-- severity: critical
-- table: field_value
select practice_id, client_id, field, product, source_id
from field_value
anti join unified_client using (practice_id, client_id)
