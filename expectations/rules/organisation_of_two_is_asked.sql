-- An organisation of two living clients is linked to none and asked about, unless a person said whose it is.
-- severity: critical
-- table: organisation_link
with waiting as ( -- for a list: it is asked nothing, and not published
    select practice_id from intake where not accepted
),

living as (
    select distinct practice_id, client_id from client_fate where outcome = 'survivor'
),

shared as (
    select record.practice_id, record.organisation_id
    from source_client as record
    inner join client_fate as fate using (practice_id, product, source_id) -- one to one
    semi join living on fate.practice_id = living.practice_id and fate.client_id = living.client_id
    where record.organisation_id is not null
    group by record.practice_id, record.organisation_id
    having min(fate.client_id) <> max(fate.client_id)
),

settled as (
    select practice_id, organisation_id
    from organisation_link as link
    semi join review_item as item
        on
            link.practice_id = item.practice_id and link.organisation_id = item.organisation_id
            and item.kind = 'organisation'
    where link.state = 'conflict' and link.client_id is null
)

select practice_id, organisation_id
from shared
anti join effective_organisation using (practice_id, organisation_id)
anti join settled using (practice_id, organisation_id)
anti join waiting using (practice_id)
