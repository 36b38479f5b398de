-- Every unified row stands on one survivor, or on archived records alone: never on two, on none, or on both.
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
),

grounds as (
    select
        practice_id,
        entity,
        unified_id,
        count(*) filter (where outcome = 'survivor') as survivors,
        count(*) filter (where outcome = 'archived') as archived
    from crosswalk
    where unified_id is not null
    group by practice_id, entity, unified_id
)

select published.practice_id, published.entity, published.unified_id
from published
left join grounds using (practice_id, entity, unified_id) -- one to one
where
    coalesce(survivors, 0) > 1
    or coalesce(survivors, 0) + coalesce(archived, 0) = 0
    or (survivors = 1 and archived > 0)
