-- Of clients, contacts, groups and relationships there are as many rows as the intake counted.
-- severity: critical
-- table: intake
with found as (
    select practice_id, product, 'clients' as entity from source_client
    union all
    select practice_id, 'hq', 'contacts' from hq_contacts
    union all
    select practice_id, 'xpm', 'contacts' from xpm_contacts
    union all
    select practice_id, 'hq', 'groups' from hq_groups
    union all
    select practice_id, 'xpm', 'groups' from xpm_groups
    union all
    select practice_id, 'xpm', 'relationships' from xpm_relationships
),

counted as (
    select practice_id, product, entity, count(*) as rows_found
    from found
    group by practice_id, product, entity
)

select
    practice_id,
    product,
    entity,
    coalesce(rows_read, 0) as rows_read,
    coalesce(rows_found, 0) as rows_found
from intake
full join counted using (practice_id, product, entity) -- one to one
where
    coalesce(rows_read, 0) <> coalesce(rows_found, 0)
    and product in ('hq', 'xpm', 'tax')
    and entity in ('clients', 'contacts', 'groups', 'relationships')
