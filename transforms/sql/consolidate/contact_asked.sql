-- One row per policy and practice: questions about contacts, by the rules of `links/contact_questions` and
-- `links/primary_questions`. Two who may be one person are not asked about as primary contacts too.
with near as (
    select n.*
    from contact_near as n
    semi join following as l on n.left_person = l.person
    semi join following as r on n.right_person = r.person
),

-- Joined records of which two or more people are named as primary contact.
several as (
    select set_id
    from following
    where is_primary
    group by set_id
    having min(person) <> max(person)
),

named as (
    select
        p.policy,
        f.practice,
        p.target as client,
        f.person,
        row_number() over (
            partition by p.policy, p.target
            order by min({'far': (f.product = 'hq') <> (t.product = 'hq'), 'place': f.place})
        ) as rank
    from following as f
    semi join several as s on f.set_id = s.set_id
    inner join plan as p on f.rid = p.rid -- many to one per policy
    inner join record as t on p.target = t.rid -- many to one
    where f.is_primary
    group by p.policy, f.practice, p.target, f.person
),

differing as (
    select
        a.policy,
        a.practice
    from named as a
    inner join named as b on a.policy = b.policy and a.client = b.client and a.rank = 1 and b.rank = 2
    anti join near as n
        on least(a.person, b.person) = n.left_person and greatest(a.person, b.person) = n.right_person
)

select
    policy,
    practice,
    count(*) as questions
from (
    select o.policy, n.practice from near as n cross join policies as o
    union all
    select policy, practice from differing
)
group by policy, practice
