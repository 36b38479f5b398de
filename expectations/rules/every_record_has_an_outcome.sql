-- All clients, contacts, groups and relationships read, or quarantined, and no others have a crosswalk line.
-- severity: critical
-- table: crosswalk
with seen as (
    -- 1 for a record that was read, 2 for one quarantined, 4 where it must have a line; 8 for a line,
    -- 24 for one of a record that was read
    select practice_id, product, 'client' as entity, source_id, 1 as mark from source_client
    union all
    select practice_id, 'hq', 'contact', hq_contact_id, 1 from hq_contacts
    union all
    select practice_id, 'xpm', 'contact', "UUID", 1 from xpm_contacts
    union all
    select practice_id, 'hq', 'group', hq_group_id, 1 from hq_groups
    union all
    select practice_id, 'xpm', 'group', "UUID", 1 from xpm_groups
    union all
    select practice_id, 'xpm', 'relationship', "UUID", 1 from xpm_relationships
    union all
    select practice_id, product, entity, source_id, 2 from quarantine
    union all
    select practice_id, product, entity, source_id, 4
    from quarantine
    semi join practices using (practice_id)
    where
        level = 'row'
        and source_id is not null
        and product in ('hq', 'xpm', 'tax')
        and entity in ('client', 'contact', 'group', 'relationship')
    union all
    select practice_id, product, entity, source_id, if(outcome = 'quarantined', 8, 24) from crosswalk
)

select
    any_value(practice_id) as practice_id,
    any_value(product) as product,
    any_value(entity) as entity,
    any_value(source_id) as source_id
from seen
group by hash(practice_id, product, entity, source_id) -- one number: grouping by four columns costs half more
having
    (bit_or(mark) & 5 <> 0 and bit_or(mark) & 8 = 0)
    or (bit_or(mark) & 16 <> 0 and bit_or(mark) & 1 = 0)
    or (bit_or(mark) & 8 <> 0 and bit_or(mark) & 3 = 0)
