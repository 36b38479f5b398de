-- One row per policy and link of a contact that can follow its client there: the client it leads to, and
-- whether it comes from the other list than that client stands on.
select
    p.policy,
    c.practice,
    c.contact,
    c.person,
    p.target as client,
    c.is_primary,
    (c.product = 'hq') <> (t.product = 'hq') as other_list,
    c.place
from contact_link as c
inner join plan as p on c.rid = p.rid -- one to one per policy
inner join record as t on p.target = t.rid -- many to one
where not c.deleted
