-- One row per pair of contacts of one name on one client, one from each product, that nothing else joins and
-- nothing contradicts: one of them has no e-mail, and one of them no phone.
with known as (
    select
        l.client_no, l.head_no, s.name_no, s.product, s.has_email, s.has_phone
    from published_link as l
    inner join contact_set as s on l.head_no = s.contact_no
    where s.name_no is not null
),

pairs as (
    select distinct
        a.head_no as left_no, b.head_no as right_no
    from known as a
    inner join known as b on a.client_no = b.client_no and a.name_no = b.name_no
    where
        a.product = 'hq' and b.product = 'xpm'
        and not (a.has_email and b.has_email) and not (a.has_phone and b.has_phone)
)

select
    a.practice_id,
    'q_' || left(md5(concat_ws('|', 'contact', a.practice_id, a.source_id, b.source_id)), 20) as item_id,
    'contact' as kind,
    false as blocking,
    'hq' as left_product, a.source_id as left_id, 'xpm' as right_product, b.source_id as right_id,
    null::varchar as organisation_id,
    null::double as probability,
    'Contacts ' || a.name || ' (Xero HQ) and ' || b.name || ' (Practice Manager) have one name on one client,'
    || ' but no e-mail or phone in common.' as why,
    'If they are one person, enter the same e-mail or phone in both products: they are then joined.'
    || ' If they are two, nothing changes: both stay.' as consequences,
    $run_id as run_id
from pairs as p
inner join unified_contact as a on p.left_no = a.contact_no
inner join unified_contact as b on p.right_no = b.contact_no
