-- Every staff link leads to a client of the same practice.
-- severity: critical
-- table: client_staff
select practice_id, client_id, user_id
from client_staff
anti join unified_client using (practice_id, client_id)
