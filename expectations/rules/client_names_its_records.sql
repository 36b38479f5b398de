-- The HQ, XPM and Tax ids that a client shows are records that became this very client.
-- severity: critical
-- table: unified_client
with shown as (
    select practice_id, client_id, 'hq' as product, hq_client_id as source_id from unified_client
    union all
    select practice_id, client_id, 'xpm', xpm_client_uuid from unified_client
    union all
    select practice_id, client_id, 'tax', tax_client_id from unified_client
),

lines as (
    select practice_id, unified_id as client_id, product, source_id
    from crosswalk
    where entity = 'client'
)

select practice_id, client_id, product, source_id
from shown
anti join lines using (practice_id, client_id, product, source_id)
where source_id is not null
