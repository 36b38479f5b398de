-- One row per policy and practice: groups and contact links that its clients' fates would change.
with memberships as (
    select practice_id, 'hq' as product, hq_group_id as group_id, unnest(hq_client_ids) as source_id
    from hq_groups
    union all
    select practice_id, 'xpm' as product, "UUID" as group_id, unnest("ClientUUIDs") as source_id
    from xpm_groups
),

changed as (
    select
        p.policy,
        r.practice,
        count(distinct struct_pack(product := m.product, group_id := m.group_id)) as groups_changed
    from memberships as m
    inner join record as r -- many to one
        on m.practice_id = r.practice_id and m.product = r.product and m.source_id = r.source_id
    inner join plan as p on r.rid = p.rid -- many to one per policy
    where p.outcome <> 'survivor'
    group by all
),

links as (
    select practice_id, 'hq' as product, hq_client_id as source_id from hq_contacts
    union all
    select practice_id, 'xpm' as product, "ClientUUID" as source_id from xpm_contacts
),

-- Whether a client is there at all does not hang on the policy.
stranded as (
    select
        l.practice_id,
        count(*) as contacts_changed
    from links as l
    left join record as r -- many to at most one
        on l.practice_id = r.practice_id and l.product = r.product and l.source_id = r.source_id
    left join plan as p on r.rid = p.rid and p.policy = 'all_xpm' -- one to at most one
    where p.target is null
    group by l.practice_id
)

select
    b.policy,
    b.practice,
    coalesce(c.groups_changed, 0) as groups_changed,
    coalesce(s.contacts_changed, 0) as contacts_changed
from facts as b
left join changed as c on b.policy = c.policy and b.practice = c.practice -- one to at most one
left join stranded as s on b.practice_id = s.practice_id -- many to at most one
