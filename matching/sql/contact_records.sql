-- One row per contact that is not deleted: the names of its fullest row, every way to reach it, and the
-- clients it hangs on, each by the name of its set of matched records.
with read as (
    select
        practice_id, 'hq' as product, hq_contact_id as source_id, hq_client_id as client_id, name, first_name,
        last_name, email, phone, mobile
    from hq_contacts
    union all
    select
        practice_id, 'xpm' as product, "UUID" as source_id, "ClientUUID" as client_id, "Name" as name,
        null as first_name, null as last_name, "Email" as email, "Phone" as phone, "Mobile" as mobile
    from xpm_contacts
    where "IsDeleted" is distinct from true
),

placed as (
    select
        r.*,
        coalesce(c.client, r.product || ' ' || r.client_id) as client,
        (r.first_name is not null)::int + (r.last_name is not null)::int + (r.email is not null)::int
        + (r.phone is not null)::int + (r.mobile is not null)::int as fullness
    from read as r
    left join joined_client as c -- many to at most one
        on r.practice_id = c.practice_id and r.product = c.product and r.client_id = c.source_id
)

select
    practice_id, product, source_id,
    arg_min(
        {'name': name, 'first_name': first_name, 'last_name': last_name}, {'f': -fullness, 'c': client_id}
    ) as names,
    coalesce(list(distinct email order by email) filter (email is not null), []) as emails,
    coalesce(list(distinct phone order by phone) filter (phone is not null), []) as phones,
    coalesce(list(distinct mobile order by mobile) filter (mobile is not null), []) as mobiles,
    list(distinct client order by client) as clients
from placed
group by practice_id, product, source_id
order by practice_id, product, source_id
