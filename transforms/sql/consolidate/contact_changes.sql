-- One row per policy and practice: contacts that would not stay as they were read. Changed is who reaches no
-- client, loses a link (deleted ones and repeated ones too), or is joined by another contact of one person.
with people as (
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
)

select
    o.policy,
    c.practice,
    count(*) filter (where coalesce(r.clients, 0) < c.links or p.contacts > 1) as contacts_changed
from contacts as c
cross join policies as o
left join reached as r on o.policy = r.policy and c.contact = r.contact -- one to at most one
left join people as p on r.policy = p.policy and c.person = p.person -- many to at most one
group by o.policy, c.practice
