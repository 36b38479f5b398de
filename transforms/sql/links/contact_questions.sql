-- One row per two contacts that live on and may be one person.
with pairs as (
    select
        n.probability, n.clue,
        a.practice_id, a.name as left_name, a.product as left_product, a.source_id as left_id,
        b.name as right_name, b.product as right_product, b.source_id as right_id,
        a.product || a.source_id < b.product || b.source_id as in_order
    from contact_near as n
    inner join contact_head as l on n.left_person = l.person
    inner join contact_head as r on n.right_person = r.person
    inner join unified_contact as a on l.head_no = a.contact_no
    inner join unified_contact as b on r.head_no = b.contact_no
),

ordered as (
    select * from pairs where in_order
    union all
    select
        probability, clue, practice_id, right_name, right_product, right_id, left_name, left_product, left_id,
        true
    from pairs
    where not in_order
)

select
    practice_id,
    'q_' || left(md5(concat_ws(
        '|', 'contact', practice_id, left_product, left_id, right_product, right_id
    )), 20) as item_id,
    'contact' as kind,
    false as blocking,
    left_product, left_id, right_product, right_id,
    null::varchar as organisation_id,
    probability,
    'Contacts ' || left_name || case left_product when 'hq' then ' (Xero HQ)' else ' (Practice Manager)' end
    || ' and ' || right_name
    || case right_product when 'hq' then ' (Xero HQ)' else ' (Practice Manager)' end
    || ' may be one person: ' || clue || '.' as why,
    'If they are one person, give both the same name and the same e-mail or mobile: they are then joined.'
    || ' If they are two, nothing changes: both stay.' as consequences,
    $run_id as run_id
from ordered
