-- One row per client and contact read of a practice with a plan: published where `reason` is empty, else
-- dropped. Of several links between one client and one contact that of the product the client stands on is
-- published. Primary: one that the client's own product names beats the other's, then the smaller contact id.
with following as (
    select
        r.practice_id, r.product, r.source_id, r.source_client_id, r.client_id, h.contact_id,
        row_number() over (
            partition by r.practice_id, r.client_id, h.contact_id
            order by
                r.product = r.stands_on desc, h.is_head desc, r.source_id, r.product, r.source_client_id
        ) as place,
        first_value(case when r.is_primary then h.contact_id end) over (
            partition by r.practice_id, r.client_id
            order by
                r.is_primary desc, r.product = r.stands_on desc, r.source_id, r.product, r.source_client_id
        ) as primary_contact_id
    from contact_row as r
    inner join contact_head as h
        on r.practice_id = h.practice_id and r.product = h.product and r.source_id = h.source_id
    where r.follows
)

select
    r.practice_id,
    r.client_id,
    f.contact_id,
    coalesce(f.contact_id = f.primary_contact_id, false) as is_primary,
    r.position,
    r.product,
    r.source_id,
    r.source_client_id,
    case
        when r.deleted then 'The contact was deleted from this client.'
        when r.client_id is null
            then coalesce(r.lost, 'Its client is not among the clients that could be read.')
        when f.place > 1 then 'It repeats a link that is published.'
    end as reason
from contact_row as r
left join following as f
    on
        r.practice_id = f.practice_id and r.product = f.product
        and r.source_id = f.source_id and r.source_client_id = f.source_client_id
