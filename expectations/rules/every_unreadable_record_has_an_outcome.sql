-- Every client, contact, group and relationship of which a row was quarantined has a line in the crosswalk.
-- severity: critical
-- table: crosswalk
with unreadable as (
    select distinct practice_id, product, entity, source_id
    from quarantine
    where
        level = 'row'
        and source_id is not null
        and product in ('hq', 'xpm', 'tax')
        and entity in ('client', 'contact', 'group', 'relationship')
)

select practice_id, product, entity, source_id
from unreadable
semi join practices using (practice_id)
anti join crosswalk using (practice_id, product, entity, source_id)
