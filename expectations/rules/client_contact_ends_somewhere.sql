-- Every contact link joins a client and a contact of the same practice.
-- severity: critical
-- table: client_contact
select practice_id, client_id, contact_id from client_contact
anti join unified_client using (practice_id, client_id)
union
select practice_id, client_id, contact_id from client_contact
anti join unified_contact using (practice_id, contact_id)
