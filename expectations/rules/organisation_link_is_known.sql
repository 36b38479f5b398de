-- Every organisation that is listed is one that a client record, or a decision that counts, names.
-- severity: critical
-- table: organisation_link
with known as (
    select practice_id, organisation_id from source_client
    union all
    select practice_id, organisation_id from effective_organisation
)

select practice_id, organisation_id
from organisation_link
anti join known using (practice_id, organisation_id)
