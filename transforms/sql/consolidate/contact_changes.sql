-- One row per policy and practice: contacts that would not stay as they were read. Changed is who reaches no
-- client, loses a link (deleted ones and repeated ones too), or is joined by another contact of one person.
-- All but the repeated links is the same under every policy.
with reached as (
    select
        contact,
        count(*) as links
    from following
    group by contact
),

people as (
    select person
    from following
    group by person
    having min(contact) <> max(contact)
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

changed as (
    select
        c.practice,
        c.contact
    from contacts as c
    left join reached as r on c.contact = r.contact -- one to at most one
    left join people as p on c.person = p.person -- many to at most one
    where coalesce(r.links, 0) < c.links or (r.contact is not null and p.person is not null)
),

repeating as (
    select
        p.policy,
        f.practice,
        f.contact
    from following as f
    semi join (select contact from reached where links > 1) as r on f.contact = r.contact
    anti join changed as c on f.contact = c.contact
    inner join plan as p on f.rid = p.rid -- many to one per policy
    group by p.policy, f.practice, f.contact
    having count(distinct p.target) < count(*)
)

select
    policy,
    practice,
    count(*) as contacts_changed
from (
    select o.policy, c.practice from changed as c cross join policies as o
    union all
    select policy, practice from repeating
)
group by policy, practice
