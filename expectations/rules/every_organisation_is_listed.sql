-- Every organisation that a client record names is listed once a policy counts.
-- severity: critical
-- table: organisation_link
with planned as (
    select distinct practice_id from client_fate where outcome <> 'pending'
)

select distinct practice_id, organisation_id
from source_client
semi join planned using (practice_id)
anti join organisation_link using (practice_id, organisation_id)
where organisation_id is not null
