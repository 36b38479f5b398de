-- Every contact link, membership, relationship and staff link read is published once or dropped once.
-- severity: critical
-- table: client_contact
with planned as (
    select distinct practice_id from client_fate where outcome <> 'pending'
),

-- 0 where it was read, 1 where it ended; an entry that a list repeats is read and ends as often
links as not materialized (
    select
        practice_id,
        'contact' as kind,
        'hq' as product,
        hq_contact_id as id,
        hq_client_id as client,
        0 as ended
    from hq_contacts
    union all
    select practice_id, 'contact', 'xpm', "UUID", "ClientUUID", 0 from xpm_contacts
    union all
    select practice_id, 'group', 'hq', hq_group_id, unnest(hq_client_ids), 0 from hq_groups
    union all
    select practice_id, 'group', 'xpm', "UUID", unnest("ClientUUIDs"), 0 from xpm_groups
    union all
    select practice_id, 'staff', product, unnest(staff_ids), source_id, 0 from source_client
    union all
    select practice_id, 'relationship', 'xpm', "UUID", null, 0 from xpm_relationships
    union all
    select practice_id, 'contact', product, source_contact_id, source_client_id, 1 from client_contact
    union all
    select practice_id, 'group', product, source_group_id, source_client_id, 1 from group_member
    union all
    select practice_id, 'staff', 'hq', user_id, source_client_id, 1 from client_staff
    union all
    select practice_id, 'relationship', 'xpm', source_id, null, 1 from relationship
    union all
    select practice_id, kind, product, source_id, if(kind = 'relationship', null, source_client_id), 1
    from dropped_link
),

-- most practices are whole, and a sum of hashes says so at a fraction of the cost of counting every key
unbalanced as (
    select practice_id
    from links
    semi join planned using (practice_id)
    group by practice_id
    having
        sum(hash(hash(kind, product, id, client))) filter (where ended = 0)
        is distinct from sum(hash(hash(kind, product, id, client))) filter (where ended = 1)
)

select
    practice_id,
    kind,
    product,
    id as source_id,
    if(kind = 'relationship', '', client::varchar) as source_client_id,
    sum(ended) as ends_found
from links
semi join unbalanced using (practice_id)
group by practice_id, kind, product, id, client
having 2 * sum(ended) <> count(*)
