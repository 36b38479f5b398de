-- One row per question and set of joined records that it is about. A question on groups is about the groups.
with sides as (
    select practice_id, item_id, kind, left_product as product, left_id as source_id from question
    union all
    select practice_id, item_id, kind, right_product as product, right_id as source_id from question
),

-- Materialised so that the planner does not look for the records of all contacts first.
linked as materialized (
    select
        s.item_id,
        s.source_id,
        l.practice_id,
        l.product,
        l.source_client_id
    from sides as s
    inner join unified_contact as c -- many to at most one
        on s.practice_id = c.practice_id and s.product = c.product and s.source_id = c.source_id
    inner join client_contact as l -- one to many
        on c.practice_id = l.practice_id and c.contact_id = l.contact_id
    where s.kind = 'contact'
),

of_contact as (
    select distinct
        l.item_id,
        l.source_id,
        r.set_id
    from linked as l
    inner join record as r -- many to one
        on l.practice_id = r.practice_id and l.product = r.product and l.source_client_id = r.source_id
)

select
    s.item_id,
    r.set_id
from sides as s
inner join record as r -- many to one
    on s.practice_id = r.practice_id and s.product = r.product and s.source_id = r.source_id
where s.kind not in ('contact', 'group')
union
select
    q.item_id,
    r.set_id
from question as q
inner join record as r on q.practice_id = r.practice_id -- one to many, cut down by the holders
inner join holder as h on r.rid = h.rid and q.organisation_id = h.organisation_id -- one to at most one
where q.kind = 'organisation'
union
-- Two contacts are asked about for the sake of the clients that hold both.
select
    item_id,
    set_id
from of_contact
group by item_id, set_id
having count(*) > 1
