-- Every contact link, membership, relationship and staff link read is published once, or dropped once with a reason.
-- severity: critical
-- table: client_contact
with planned as (
    select distinct practice_id from client_fate where outcome <> 'pending'
),

links as (
    select practice_id, 'contact' as kind, 'hq' as product, hq_contact_id as source_id, hq_client_id as client
    from hq_contacts
    union all
    select practice_id, 'contact', 'xpm', "UUID", "ClientUUID" from xpm_contacts
    union
    select practice_id, 'group', 'hq', hq_group_id, unnest(hq_client_ids) from hq_groups
    union
    select practice_id, 'group', 'xpm', "UUID", unnest("ClientUUIDs") from xpm_groups
    union
    select practice_id, 'staff', product, unnest(staff_ids), source_id from source_client
    union all
    select practice_id, 'relationship', 'xpm', "UUID", '' from xpm_relationships
),

ends as (
    select practice_id, 'contact' as kind, product, source_contact_id as source_id, source_client_id as client
    from client_contact
    union all
    select practice_id, 'group', product, source_group_id, source_client_id from group_member
    union all
    select practice_id, 'staff', 'hq', user_id, source_client_id from client_staff
    union all
    select practice_id, 'relationship', 'xpm', source_id, '' from relationship
    union all
    select distinct
        practice_id, kind, product, source_id, if(kind = 'relationship', '', source_client_id)
    from dropped_link
),

counted as (
    select practice_id, kind, product, source_id, client, count(*) as found
    from ends
    group by practice_id, kind, product, source_id, client
)

select
    practice_id,
    kind,
    product,
    source_id,
    client as source_client_id,
    coalesce(found, 0) as ends_found
from links
semi join planned using (practice_id)
full join counted using (practice_id, kind, product, source_id, client) -- one to one
where found is distinct from 1 or links.practice_id is null
