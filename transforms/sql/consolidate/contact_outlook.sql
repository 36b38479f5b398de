-- One row per policy and practice: contacts that would not stay as they were read, and questions about them, by
-- the rules of `links/contact_*` in numbers alone. `contact_link`: one row per client and contact read (but such
-- as are wholly deleted) with the person that the contact is; `place` is in the order of ids.
with policies as (
    select distinct policy from plan
),

following as (
    select
        p.policy,
        c.practice,
        c.contact,
        c.person,
        p.target as client,
        c.is_primary,
        c.product = 'hq' and t.product <> 'hq' or c.product <> 'hq' and t.product = 'hq' as other_list,
        c.place
    from contact_link as c
    inner join plan as p on c.rid = p.rid -- one to one per policy
    inner join record as t on p.target = t.rid -- many to one
    where not c.deleted
),

people as (
    select
        policy,
        person,
        count(distinct contact) as contacts
    from following
    group by policy, person
),

reached as (
    select
        policy,
        contact,
        count(distinct client) as clients
    from following
    group by policy, contact
),

contacts as (
    select
        practice,
        contact,
        person,
        count(*) as links
    from contact_link
    group by practice, contact, person
),

-- Changed is who reaches no client, loses a link (deleted ones and repeated ones too), or is joined by another.
changed as (
    select
        o.policy,
        c.practice,
        count(*) filter (where coalesce(r.clients, 0) < c.links or p.contacts > 1) as contacts_changed
    from contacts as c
    cross join policies as o
    left join reached as r on o.policy = r.policy and c.contact = r.contact -- one to at most one
    left join people as p on r.policy = p.policy and c.person = p.person -- many to at most one
    group by o.policy, c.practice
),

near as (
    select
        l.policy,
        n.practice,
        n.left_person,
        n.right_person
    from contact_near as n
    inner join people as l on n.left_person = l.person -- many to one per policy
    semi join people as r on n.right_person = r.person and l.policy = r.policy
),

named as (
    select
        policy,
        practice,
        client,
        person,
        row_number() over (partition by policy, client order by min({'far': other_list, 'place': place})) as rank
    from following
    where is_primary
    group by policy, practice, client, person
),

-- Two who may be one person are not asked about as primary contacts too.
differing as (
    select
        a.policy,
        a.practice
    from named as a
    inner join named as b on a.policy = b.policy and a.client = b.client and a.rank = 1 and b.rank = 2
    anti join near as n
        on
            a.policy = n.policy
            and least(a.person, b.person) = n.left_person and greatest(a.person, b.person) = n.right_person
),

asked as (
    select
        policy,
        practice,
        count(*) as questions
    from (select policy, practice from near union all select policy, practice from differing)
    group by policy, practice
)

select
    policy,
    practice,
    coalesce(c.contacts_changed, 0) as contacts_changed,
    coalesce(a.questions, 0) as questions
from changed as c
full join asked as a using (policy, practice) -- one to one
