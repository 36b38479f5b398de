-- One row per contact, group and relationship of which `link_fate` says nothing: pending where the practice
-- has no plan, quarantined where no row of it could be read.
with unplanned as (
    select practice_id from link_plan where not planned
),

waiting as (
    select distinct practice_id, 'hq' as product, 'contact' as entity, hq_contact_id as source_id
    from hq_contacts semi join unplanned using (practice_id)
    union all
    select distinct practice_id, 'xpm' as product, 'contact' as entity, "UUID" as source_id
    from xpm_contacts semi join unplanned using (practice_id)
    union all
    select practice_id, 'hq' as product, 'group' as entity, hq_group_id as source_id
    from hq_groups semi join unplanned using (practice_id)
    union all
    select practice_id, 'xpm' as product, 'group' as entity, "UUID" as source_id
    from xpm_groups semi join unplanned using (practice_id)
    union all
    select practice_id, 'xpm' as product, 'relationship' as entity, "UUID" as source_id
    from xpm_relationships semi join unplanned using (practice_id)
),

readable as (
    select practice_id, product, entity, source_id from link_fate
    union all
    select practice_id, product, entity, source_id from waiting
),

unreadable as (
    select distinct
        q.practice_id, q.product, rtrim(q.entity, 's') as entity, q.source_id
    from quarantine as q
    semi join link_plan as p on q.practice_id = p.practice_id
    where
        q.level = 'row' and q.source_id is not null and q.product in ('hq', 'xpm')
        and rtrim(q.entity, 's') in ('contact', 'group', 'relationship')
)

select
    practice_id, product, entity, source_id, null::varchar as unified_id,
    'pending' as outcome,
    'The practice has no policy that counts yet.' as reason
from waiting
union all
select
    u.practice_id, u.product, u.entity, u.source_id, null::varchar as unified_id,
    'quarantined' as outcome,
    'No row of it could be read: see quarantine.' as reason
from unreadable as u
anti join readable as r
    on
        u.practice_id = r.practice_id and u.product = r.product
        and u.entity = r.entity and u.source_id = r.source_id
