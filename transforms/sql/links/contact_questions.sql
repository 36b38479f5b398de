-- One row per pair of contacts of one name on one client, one from each product, that nothing else joins and
-- nothing contradicts: one of them has no e-mail, and one of them no phone.
with known as (
    select
        l.practice_id, l.client_id, h.name_key, h.head_product, h.head_id, u.name,
        u.email is not null as has_email,
        coalesce(u.phone, u.mobile) is not null as has_phone
    from client_contact as l
    inner join contact_head as h
        on l.practice_id = h.practice_id and l.contact_id = h.contact_id and h.is_head
    inner join unified_contact as u on l.practice_id = u.practice_id and l.contact_id = u.contact_id
    where h.name_key is not null
),

pairs as (
    select distinct
        a.practice_id, a.head_id as left_id, b.head_id as right_id, a.name as left_name, b.name as right_name
    from known as a
    inner join known as b
        on
            a.practice_id = b.practice_id and a.client_id = b.client_id and a.name_key = b.name_key
            and a.head_product = 'hq' and b.head_product = 'xpm'
            and not (a.has_email and b.has_email) and not (a.has_phone and b.has_phone)
)

select
    practice_id,
    'q_' || left(md5('contact|' || practice_id || '|' || left_id || '|' || right_id), 20) as item_id,
    'contact' as kind,
    false as blocking,
    'hq' as left_product, left_id, 'xpm' as right_product, right_id,
    null::varchar as organisation_id,
    null::double as probability,
    'Contacts ' || left_name || ' (Xero HQ) and ' || right_name || ' (Practice Manager) have one name on one'
    || ' client, but no e-mail or phone in common.' as why,
    'If they are one person, enter the same e-mail or phone in both products: they are then joined.'
    || ' If they are two, nothing changes: both stay.' as consequences,
    $run_id as run_id
from pairs
