-- Every client, contact, group and relationship that was read has exactly one line in the crosswalk.
-- severity: critical
-- table: crosswalk
with records as (
    select practice_id, product, 'client' as entity, source_id from source_client
    union all
    select practice_id, 'hq', 'contact', hq_contact_id from hq_contacts
    union all
    select practice_id, 'xpm', 'contact', "UUID" from xpm_contacts
    union all
    select practice_id, 'hq', 'group', hq_group_id from hq_groups
    union all
    select practice_id, 'xpm', 'group', "UUID" from xpm_groups
    union all
    select practice_id, 'xpm', 'relationship', "UUID" from xpm_relationships
)

select distinct practice_id, product, entity, source_id
from records
anti join crosswalk using (practice_id, product, entity, source_id)
