-- One row per policy and client of which the lists name several primary contacts, by the rules of
-- `links/primary_questions`: `primary_link` holds the links that name one. Two who may be one person
-- (`contact_near`) are not asked about as primary contacts too.
with named as (
    select
        p.policy,
        l.practice,
        p.target as client,
        l.person,
        row_number() over (
            partition by p.policy, p.target
            order by min({'far': (l.product = 'hq') <> (p.stands_on = 'hq'), 'place': l.place})
        ) as rank
    from primary_link as l
    inner join plan as p on l.rid = p.rid -- many to one per policy
    group by p.policy, l.practice, p.target, l.person
)

select
    a.policy,
    a.practice
from named as a
inner join named as b on a.policy = b.policy and a.client = b.client and a.rank = 1 and b.rank = 2
anti join contact_near as n
    on least(a.person, b.person) = n.left_person and greatest(a.person, b.person) = n.right_person
