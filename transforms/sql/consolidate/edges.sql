-- One row per compared pair of clients: match rows, and Tax records with a named XPM client, if not compared.
-- Materialised so that the planner cannot join the records of a practice with each other first.
with lefts as materialized (
    select
        m.*,
        l.rid as left_rid
    from match as m
    inner join record as l -- many to one
        on m.practice_id = l.practice_id and m.left_product = l.product and m.left_id = l.source_id
),

compared as (
    select
        m.left_rid,
        r.rid as right_rid,
        m.band,
        m.decided_by,
        m.probability,
        m.reason,
        m.decided_by = 'person' and m.band = 'exact' and m.left_product = 'xpm' as says_whose
    from lefts as m
    inner join record as r -- many to one
        on m.practice_id = r.practice_id and m.right_product = r.product and m.right_id = r.source_id
),

-- Tax shares Practice Manager's own record: the pointer joins unless the comparison said otherwise.
named as (
    select
        x.rid as left_rid,
        t.rid as right_rid
    from record as t
    inner join record as x -- many to one
        on t.practice_id = x.practice_id and x.product = 'xpm' and t.xpm_client_uuid = x.source_id
    where t.product = 'tax'
)

select
    left_rid,
    right_rid,
    band,
    decided_by,
    probability,
    reason,
    exists (
        select 1 from named as n where n.left_rid = c.left_rid and n.right_rid = c.right_rid
    ) as by_uuid
from compared as c
union all
select
    n.left_rid,
    n.right_rid,
    'exact' as band,
    'tax_uuid' as decided_by,
    1.0 as probability,
    null::varchar as reason,
    true as by_uuid
from named as n
where not exists (
    -- Who says whose a Tax record is overrules its pointer.
    select 1 from compared as c
    where c.right_rid = n.right_rid and (c.left_rid = n.left_rid or c.says_whose)
)
