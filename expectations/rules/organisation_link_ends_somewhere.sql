-- Every organisation link that names a client leads to one of the same practice.
-- severity: critical
-- table: organisation_link
select practice_id, organisation_id
from organisation_link
anti join unified_client using (practice_id, client_id)
where client_id is not null
