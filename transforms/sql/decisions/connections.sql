-- One row per practice whose connection was confirmed by somebody who is not its Master Admin.
with listed as (
    select distinct practice_id from staff
)

select
    p.practice_id,
    'connection' as decision,
    'connection of Xero HQ with Practice Manager' as subject,
    'confirmed' as content,
    p.connected_by as decided_by,
    p.connected_at as decided_at,
    concat(
        p.connected_by,
        case
            when s.user_id is null then ' is not in the staff list of the practice'
            else concat(' has the Xero HQ role ', coalesce(s.hq_role, 'none'))
        end,
        ': only the Master Administrator may connect the accounts.'
    ) as problem
from practices as p
inner join listed as l on p.practice_id = l.practice_id -- one to one
left join staff as s on p.practice_id = s.practice_id and p.connected_by = s.user_id -- one to at most one
where
    p.connection = 'confirmed'
    and p.connected_by is not null
    and coalesce(s.hq_role, 'none') <> 'master_admin'
