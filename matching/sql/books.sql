-- One row per client with a Xero organisation: the ids of its organisations. Practice Manager knows none; Tax, which
-- shares its clients, does, unless a person said that it does not share this one.
with connected as (
    select practice_id, product, source_id, organisation_id
    from source_client
    where organisation_id is not null
    union all
    select t.practice_id, 'xpm', t.xpm_client_uuid, t.organisation_id
    from source_client as t
    anti join refused as r
        on t.practice_id = r.practice_id and t.source_id = r.tax_id and t.xpm_client_uuid = r.xpm_id
    where t.organisation_id is not null and t.xpm_client_uuid is not null
)

select
    practice_id,
    product,
    source_id,
    list(distinct organisation_id order by organisation_id) as organisations
from connected
group by practice_id, product, source_id
