-- Every membership joins a client and a group of the same practice.
-- severity: critical
-- table: group_member
select practice_id, group_id, client_id from group_member
anti join unified_client using (practice_id, client_id)
union
select practice_id, group_id, client_id from group_member
anti join unified_group using (practice_id, group_id)
