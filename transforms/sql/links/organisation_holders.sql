-- One row per organisation and client record that is connected to it, in a practice with a plan: what the
-- record became, and the smallest record living on that a near pair ties its client to.
-- Materialised, else both ends are joined by practice alone before the pairs come in.
with lively_twins as materialized (
    select
        n.practice_id, n.product, n.source_id,
        min(n.label) as near_twin
    from near_twin as n
    semi join (select practice_id, product, source_id from link_client where lives) as b
        on n.practice_id = b.practice_id and n.twin_product = b.product and n.twin_id = b.source_id
    group by n.practice_id, n.product, n.source_id
),

near_twins as (
    select
        n.practice_id, a.joined_id,
        min(n.near_twin) as near_twin
    from lively_twins as n
    inner join link_client as a
        on n.practice_id = a.practice_id and n.product = a.product and n.source_id = a.source_id
    group by n.practice_id, a.joined_id
)

select
    s.practice_id, s.organisation_id, s.product, s.source_id, s.label, s.organisation_name,
    coalesce(s.organisation_access = 'invited', false) as invited,
    s.name as client_name,
    -- What was merged into an archived client is archived with it.
    c.client_id is not null and not c.lives as archived,
    case when c.lives then c.client_id end as client_id,
    -- A Tax record is part of the Practice Manager client, so its link stays where that one stands.
    c.outcome = 'survivor' or (s.product = 'tax' and c.stands_on = 'xpm') as stands_itself,
    case when c.client_id is not null and not c.lives then t.near_twin end as near_twin
from source_client as s
inner join link_client as c
    on s.practice_id = c.practice_id and s.product = c.product and s.source_id = c.source_id
left join near_twins as t on c.practice_id = t.practice_id and c.joined_id = t.joined_id
