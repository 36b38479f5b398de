-- One row per entry of an HQ client's list of staff, as read in a practice with a plan: published where
-- `reason` is empty, else dropped. Of several links that of the record the client stands on is published.
with read as (
    select
        s.practice_id, s.source_id as source_client_id, unnest(s.staff_ids) as user_id,
        c.client_id, c.client_no, c.lost, c.outcome in ('survivor', 'archived') as stands_itself
    from access as s
    inner join link_client as c on s.practice_id = c.practice_id and s.source_id = c.source_id
),

counted as (
    select
        *,
        row_number() over (partition by practice_id, source_client_id, user_id) as occurrence
    from read
    where user_id is not null
),

placed as (
    select
        *,
        row_number() over (
            partition by client_no, user_id order by stands_itself desc, source_client_id, occurrence
        ) as place
    from counted
)

select
    practice_id, client_id, user_id, source_client_id, occurrence,
    case
        when client_id is null then lost
        when place > 1 then 'It repeats a link that is published.'
    end as reason
from placed
