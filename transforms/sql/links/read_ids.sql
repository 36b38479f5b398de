-- One row per contact, group and relationship id of a practice of the directory; `readable` is false where
-- every row of it was quarantined.
with found as (
    select distinct practice_id, 'hq' as product, 'contact' as entity, hq_contact_id as source_id
    from hq_contacts
    union all
    select distinct practice_id, 'xpm' as product, 'contact' as entity, "UUID" as source_id from xpm_contacts
    union all
    select practice_id, 'hq' as product, 'group' as entity, hq_group_id as source_id from hq_groups
    union all
    select practice_id, 'xpm' as product, 'group' as entity, "UUID" as source_id from xpm_groups
    union all
    select practice_id, 'xpm' as product, 'relationship' as entity, "UUID" as source_id from xpm_relationships
),

unreadable as (
    select distinct
        q.practice_id, q.product,
        rtrim(q.entity, 's') as entity,
        q.source_id
    from quarantine as q
    inner join link_plan as p on q.practice_id = p.practice_id
    where
        q.level = 'row' and q.source_id is not null and q.product in ('hq', 'xpm')
        and rtrim(q.entity, 's') in ('contact', 'group', 'relationship')
)

select
    *,
    true as readable
from found
union all
select
    u.*,
    false as readable
from unreadable as u
anti join found as f
    on
        u.practice_id = f.practice_id and u.product = f.product
        and u.entity = f.entity and u.source_id = f.source_id
