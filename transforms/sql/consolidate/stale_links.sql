-- One row per old sync link that points nowhere, or whose two records found other twins or were refused.
with linked as (
    select
        s.practice_id,
        s.hq_client_id,
        s.xpm_client_uuid,
        s.linked_at,
        h.rid as hq_rid,
        x.rid as xpm_rid,
        h.set_id as hq_set,
        x.set_id as xpm_set
    from client_sync as s
    left join record as h -- many to at most one
        on s.practice_id = h.practice_id and h.product = 'hq' and s.hq_client_id = h.source_id
    left join record as x -- many to at most one
        on s.practice_id = x.practice_id and x.product = 'xpm' and s.xpm_client_uuid = x.source_id
),

-- A set with records of both lists: its records have found their twins.
twinned as (
    select set_id
    from record
    where product in ('hq', 'xpm')
    group by set_id
    having min(product) <> max(product)
),

refused as (
    select
        left_rid,
        right_rid,
        decided_by = 'person' as by_person
    from edges
    where band = 'rejected'
)

select
    l.practice_id,
    l.hq_client_id,
    l.xpm_client_uuid,
    l.linked_at,
    case
        when l.hq_rid is null and l.xpm_rid is null then 'Neither client is in its list any more.'
        when l.hq_rid is null then 'Its Xero HQ client is not in the list any more.'
        when l.xpm_rid is null then 'Its Practice Manager client is not in the list any more.'
        when r.left_rid is not null and r.by_person then 'A person judged the two to be two clients.'
        when r.left_rid is not null then 'What the two records say forbids that they are one client.'
        when h.set_id is not null and x.set_id is not null then 'Both clients are matched to others.'
        when h.set_id is not null
            then 'Its Xero HQ client is matched to another Practice Manager client.'
        else 'Its Practice Manager client is matched to another Xero HQ client.'
    end as reason
from linked as l
left join twinned as h on l.hq_set = h.set_id -- many to at most one
left join twinned as x on l.xpm_set = x.set_id -- many to at most one
left join refused as r on l.hq_rid = r.left_rid and l.xpm_rid = r.right_rid -- many to at most one
where
    l.hq_rid is null
    or l.xpm_rid is null
    or (l.hq_set <> l.xpm_set and (h.set_id is not null or x.set_id is not null or r.left_rid is not null))
