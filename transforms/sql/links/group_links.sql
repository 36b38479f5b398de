-- One row per entry of a group, as read: published where `reason` is empty, else dropped.
-- Of several memberships of one client in one group that of the product the client stands on is published.
with placed as (
    select
        m.*,
        h.group_id,
        h.set_no,
        row_number() over (
            partition by h.set_no, m.client_no
            order by m.own desc, h.is_head desc, m.source_id, m.product, m.source_client_id, m.occurrence
        ) as place
    from member_row as m
    inner join group_head as h
        on m.practice_id = h.practice_id and m.product = h.product and m.source_id = h.source_id
)

select
    practice_id, group_id, set_no, client_id, product, source_id, source_client_id, occurrence,
    case
        when client_id is null then coalesce(lost, 'Its client is not among the clients that could be read.')
        when place > 1 then 'It repeats a link that is published.'
    end as reason
from placed
