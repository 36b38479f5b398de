-- Every unified group has a member.
-- severity: critical
-- table: unified_group
select practice_id, group_id from unified_group
anti join group_member using (practice_id, group_id)
