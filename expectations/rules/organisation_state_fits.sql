-- Carried and re-pointed organisations have a client; orphaned ones and those that are asked about have none.
-- severity: critical
-- table: organisation_link
select practice_id, organisation_id, state
from organisation_link
where
    (state in ('carried', 'repointed') and client_id is null)
    or (state in ('orphaned', 'conflict', 'needs_confirmation') and client_id is not null)
