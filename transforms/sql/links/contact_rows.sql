-- One row per client and contact read of a practice with a plan, with what its client became; `follows` says
-- whether the link can go there, `own` whether it comes from the product that its client stands on.
-- `contact_id` is the stable id that the contact has where others join it.
with read as (
    select
        practice_id, 'hq' as product, hq_contact_id as source_id, hq_client_id as source_client_id,
        coalesce(name, nullif(concat_ws(' ', first_name, last_name), '')) as name, first_name, last_name,
        null::varchar as salutation, null::varchar as addressee, email, phone, mobile, position,
        coalesce(is_primary, false) as is_primary, false as deleted
    from hq_contacts
    union all
    select
        practice_id, 'xpm' as product, "UUID" as source_id, "ClientUUID" as source_client_id,
        "Name" as name, null::varchar as first_name, null::varchar as last_name,
        "Salutation" as salutation, "Addressee" as addressee,
        "Email" as email, "Phone" as phone, "Mobile" as mobile, "Position" as position,
        coalesce("IsPrimary", false) as is_primary, coalesce("IsDeleted", false) as deleted
    from xpm_contacts
)

select
    r.*,
    'p_' || left(md5(r.practice_id || '|' || r.product || '|' || r.source_id), 20) as contact_id,
    p.region,
    r.product = p.kept_product as on_kept_product,
    c.client_id,
    c.client_no,
    coalesce(r.product = c.stands_on, false) as own,
    c.client_id is not null and not r.deleted as follows,
    case
        when r.deleted then 'The contact was deleted from this client.'
        when c.client_id is null
            then coalesce(c.lost, 'Its client is not among the clients that could be read.')
    end as lost
from read as r
inner join link_plan as p on r.practice_id = p.practice_id and p.planned
left join link_client as c
    on r.practice_id = c.practice_id and r.product = c.product and r.source_client_id = c.source_id
