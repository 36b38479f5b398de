-- A client has at most one primary contact.
-- severity: critical
-- table: client_contact
select practice_id, client_id
from client_contact
where is_primary
group by practice_id, client_id
having count(*) > 1
