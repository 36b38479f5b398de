-- A unified id belongs to one practice: nothing crosses practice_id.
-- severity: critical
-- table: unified_client
with ids as (
    select practice_id, 'client' as entity, client_id as unified_id from unified_client
    union all
    select practice_id, 'contact', contact_id from unified_contact
    union all
    select practice_id, 'group', group_id from unified_group
    union all
    select practice_id, 'relationship', relationship_id from relationship
),

shared as (
    select entity, unified_id
    from ids
    group by entity, unified_id
    having min(practice_id) <> max(practice_id)
)

select distinct practice_id, entity, unified_id
from ids
semi join shared using (entity, unified_id)
