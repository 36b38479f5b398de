-- One row per link between client and contact that can follow its client: whether it is published. Of several
-- between one client and one contact that of the product the client stands on is. Primary: one that the
-- client's own product names beats the other's, then the smaller contact id. Numbers are in the order of ids.
with following as (
    select
        r.row_no, r.contact_no, r.client_no, r.is_primary, r.own, h.head_no
    from contact_row as r
    inner join contact_head as h on r.contact_no = h.contact_no
    where r.follows
)

select
    row_no,
    head_no,
    row_number() over (
        partition by client_no, head_no order by own desc, contact_no = head_no desc, row_no
    ) = 1 as is_published,
    coalesce(head_no = first_value(case when is_primary then head_no end) over (
        partition by client_no order by is_primary desc, own desc, row_no
    ), false) as is_primary
from following
