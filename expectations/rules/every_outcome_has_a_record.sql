-- Every line of the crosswalk speaks of a record that was read or quarantined.
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
),

unreadable as (
    select practice_id, product, entity, source_id, 'quarantined' as outcome from quarantine
)

select practice_id, product, entity, source_id
from crosswalk
anti join unreadable using (practice_id, product, entity, source_id, outcome)
anti join records using (practice_id, product, entity, source_id)
