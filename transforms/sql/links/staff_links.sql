-- One row per HQ client and staff member with access, as read in a practice with a plan: published where
-- `reason` is empty, else dropped. Of several links that of the record the client stands on is published.
with read as (
    select distinct practice_id, source_id as source_client_id, unnest(staff_ids) as user_id
    from source_client
    where product = 'hq'
),

placed as (
    select
        r.*,
        c.client_id,
        c.lost,
        row_number() over (
            partition by r.practice_id, c.client_id, r.user_id
            order by c.outcome in ('survivor', 'archived') desc, r.source_client_id
        ) as place
    from read as r
    inner join link_client as c
        on r.practice_id = c.practice_id and c.product = 'hq' and r.source_client_id = c.source_id
    where r.user_id is not null
)

select
    practice_id, client_id, user_id, source_client_id,
    case
        when client_id is null then lost
        when place > 1 then 'It repeats a link that is published.'
    end as reason
from placed
