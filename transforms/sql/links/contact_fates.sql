-- One row per contact read of a practice with a plan: what became of it.
with read as (
    select
        practice_id, product, source_id,
        bool_and(deleted) as deleted
    from contact_row
    group by practice_id, product, source_id
)

select
    r.practice_id, r.product, 'contact' as entity, r.source_id,
    h.contact_id as unified_id,
    case
        when h.is_head then 'survivor'
        when h.contact_id is not null then 'merged'
        when r.deleted then 'excluded'
        else 'dropped'
    end as outcome,
    case
        when h.is_head then 'It is kept as a contact.'
        when h.contact_id is not null
            then 'It is the same person as ' || case h.head_product
                when 'hq' then 'Xero HQ' else 'Practice Manager'
            end || ' contact ' || h.head_id || ': the name is the same, and an e-mail or phone.'
        when r.deleted then 'It was deleted in Practice Manager.'
        else 'None of its clients lives on.'
    end as reason
from read as r
left join contact_head as h
    on r.practice_id = h.practice_id and r.product = h.product and r.source_id = h.source_id
