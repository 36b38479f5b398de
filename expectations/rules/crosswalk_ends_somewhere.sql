-- Every unified id of the crosswalk is a published row of the same practice.
-- severity: critical
-- table: crosswalk
with published as (
    select practice_id, 'client' as entity, client_id as unified_id from unified_client
    union all
    select practice_id, 'contact', contact_id from unified_contact
    union all
    select practice_id, 'group', group_id from unified_group
    union all
    select practice_id, 'relationship', relationship_id from relationship
)

select practice_id, product, entity, source_id, unified_id
from crosswalk
anti join published using (practice_id, entity, unified_id)
where unified_id is not null
