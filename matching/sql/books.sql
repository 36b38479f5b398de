-- One row per client with a Xero organisation: the ids of its organisations. Practice Manager knows none; Tax, which
-- shares its clients, does.
with connected as (
    select practice_id, product, source_id, organisation_id
    from source_client
    where organisation_id is not null
    union all
    select practice_id, 'xpm', xpm_client_uuid, organisation_id
    from source_client
    where organisation_id is not null and xpm_client_uuid is not null
)

select
    practice_id,
    product,
    source_id,
    list(distinct organisation_id order by organisation_id) as organisations
from connected
group by practice_id, product, source_id
