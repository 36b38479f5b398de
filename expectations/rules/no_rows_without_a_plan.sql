-- Only practices whose policy counts have published rows.
-- severity: critical
-- table: unified_client
with planned as (
    select distinct practice_id from client_fate where outcome <> 'pending'
),

published as (
    select practice_id, 'unified_client' as table_name, client_id as id from unified_client
    union all
    select practice_id, 'unified_contact', contact_id from unified_contact
    union all
    select practice_id, 'unified_group', group_id from unified_group
    union all
    select practice_id, 'relationship', relationship_id from relationship
    union all
    select practice_id, 'organisation_link', organisation_id from organisation_link
    union all
    select practice_id, 'crosswalk', unified_id from crosswalk where unified_id is not null
)

select distinct practice_id, table_name, id
from published
anti join planned using (practice_id)
