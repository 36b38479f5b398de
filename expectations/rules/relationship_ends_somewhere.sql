-- Both ends of a relationship are clients of the same practice, and two different ones.
-- severity: critical
-- table: relationship
select practice_id, relationship_id from relationship
anti join unified_client using (practice_id, client_id)
union
select practice_id, relationship_id from relationship as link
anti join unified_client as client
    on link.practice_id = client.practice_id and link.related_client_id = client.client_id
union
select practice_id, relationship_id from relationship
where client_id = related_client_id
