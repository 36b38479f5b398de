-- Every unified contact is linked to a client.
-- severity: critical
-- table: unified_contact
select practice_id, contact_id from unified_contact
anti join client_contact using (practice_id, contact_id)
