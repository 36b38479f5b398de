-- One row per entry of a group's list of clients, as read in a practice with a plan, with what the client
-- became. `occurrence` counts the entries that name one client twice: 1 but for repeats.
with read as (
    select
        practice_id, 'hq' as product, hq_group_id as source_id, unnest(hq_client_ids) as source_client_id
    from hq_groups
    union all
    select
        practice_id, 'xpm' as product, "UUID" as source_id, unnest("ClientUUIDs") as source_client_id
    from xpm_groups
)

select
    r.*,
    c.client_id,
    c.client_no,
    coalesce(r.product = c.stands_on, false) as own,
    c.lost,
    row_number() over (
        partition by r.practice_id, r.product, r.source_id, r.source_client_id
    ) as occurrence
from read as r
inner join link_plan as p on r.practice_id = p.practice_id and p.planned
left join link_client as c -- many to at most one
    on r.practice_id = c.practice_id and r.product = c.product and r.source_client_id = c.source_id
where r.source_client_id is not null
