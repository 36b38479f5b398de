-- One row per client of which the lists name several primary contacts: the published one and the next.
-- `contact_link` holds the links that name one; is_primary: that contact is the published one.
with named as (
    select
        l.*,
        case l.product when 'hq' then 'Xero HQ' else 'Practice Manager' end as list,
        list || ' client ' || l.source_client_id as client,
        bool_or(l.is_primary) over (partition by l.client_no, l.head_no) as is_published,
        row_number() over (partition by l.client_no, l.head_no order by l.own desc, l.row_no) as place
    from contact_link as l
),

ranked as (
    select
        *,
        row_number() over (partition by client_no order by is_published desc, own desc, row_no) as rank,
        count(*) over (partition by client_no) as people
    from named
    where place = 1
)

select
    a.practice_id,
    'q_' || left(md5(concat_ws('|', 'primary contact', a.practice_id, a.client_id)), 20) as item_id,
    'contact' as kind,
    false as blocking,
    p.product as left_product, p.source_id as left_id, o.product as right_product, o.source_id as right_id,
    null::varchar as organisation_id,
    null::double as probability,
    coalesce(p.name, p.source_id) || ' is the primary contact of ' || a.client || ', and '
    || coalesce(o.name, o.source_id) || ' of ' || b.client || ', which '
    || case when a.client = b.client then 'is the same.' else 'became the same client.' end as why,
    'The first is published as primary contact. Name the right one as primary in ' || b.list || ' or in '
    || a.list || ', and no other.' as consequences,
    $run_id as run_id
from ranked as a
inner join ranked as b on a.client_no = b.client_no and a.rank = 1 and b.rank = 2
inner join unified_contact as p on a.head_no = p.contact_no
inner join unified_contact as o on b.head_no = o.contact_no
