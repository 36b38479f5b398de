-- One row per organisation on two or more clients that live on (`organisation_link`): whose is it?
with holders as (
    select
        h.practice_id, h.organisation_id, h.product, h.source_id,
        coalesce(h.client_name, h.source_id) as client_name,
        row_number() over (
            partition by h.practice_id, h.organisation_id, h.client_id order by h.product, h.source_id
        ) as place,
        h.client_id
    from holder as h
    where h.client_id is not null
),

ranked as (
    select
        *,
        row_number() over (partition by practice_id, organisation_id order by product, source_id) as rank,
        count(*) over (partition by practice_id, organisation_id) as clients
    from holders
    where place = 1
)

select
    a.practice_id,
    'q_' || left(md5('organisation|' || a.practice_id || '|' || a.organisation_id), 20) as item_id,
    'organisation' as kind,
    false as blocking,
    a.product as left_product, a.source_id as left_id, b.product as right_product, b.source_id as right_id,
    a.organisation_id,
    null::double as probability,
    'Organisation ' || coalesce(l.organisation_name, a.organisation_id) || ' is connected to ' || a.clients
    || ' clients that live on, among them ' || a.client_name || ' and ' || b.client_name || '.' as why,
    'The client you name gets the link; no client leaves it unlinked. Until then it is linked to none.'
    as consequences,
    $run_id as run_id
from ranked as a
inner join ranked as b
    on a.practice_id = b.practice_id and a.organisation_id = b.organisation_id and a.rank = 1 and b.rank = 2
inner join organisation_link as l on a.practice_id = l.practice_id and a.organisation_id = l.organisation_id
