-- One row per contact read of a practice with a plan: what became of it.
select
    c.practice_id, c.product, 'contact' as entity, c.source_id,
    h.contact_id as unified_id,
    case
        when l.head_no = c.contact_no then 'survivor'
        when l.head_no is not null then 'merged'
        when c.deleted then 'excluded'
        else 'dropped'
    end as outcome,
    case
        when l.head_no = c.contact_no then 'It is kept as a contact.'
        when l.head_no is not null
            then 'It is the same person as ' || case h.product
                when 'hq' then 'Xero HQ' else 'Practice Manager'
            end || ' contact ' || h.source_id || ': ' || case
                when l.record = s.record then 'the name is the same, and an e-mail or phone'
                else l.clue
            end || '.'
        when c.deleted then 'It was deleted in Practice Manager.'
        else 'None of its clients lives on.'
    end as reason
from contact as c
left join contact_head as l on c.contact_no = l.contact_no
left join contact_head as s on l.head_no = s.contact_no
left join unified_contact as h on l.head_no = h.contact_no
