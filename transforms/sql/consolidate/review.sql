-- One row per question, in words. `asked` names its records by rid.
with named as (
    select
        *,
        concat(product_name, ' client "', coalesce(name, source_id), '"') as called
    from record
),

spoken as (
    select
        a.*,
        l.practice_id,
        l.product as left_product,
        l.source_id as left_id,
        r.product as right_product,
        r.source_id as right_id,
        concat_ws(' and ', l.called, r.called) as both_called,
        concat_ws(' and ', nl.called, nr.called) as kept_apart,
        t.called as through_called,
        concat(
            case when a.decides_survivor then ' It decides which of them survives.' else '' end,
            case when a.decides_organisation then ' It decides whose their organisation is.' else '' end
        ) as decides
    from asked as a
    inner join named as l on a.left_rid = l.rid -- many to one
    left join named as r on a.right_rid = r.rid -- many to at most one
    left join named as nl on a.no_left_rid = nl.rid -- many to at most one
    left join named as nr on a.no_right_rid = nr.rid -- many to at most one
    left join named as t on a.through_rid = t.rid -- many to at most one
)

select
    practice_id,
    'q_' || substr(
        md5(concat_ws(
            '|', kind, practice_id, left_product, left_id, coalesce(right_product, ''), coalesce(right_id, '')
        )), 1, 20
    ) as item_id,
    kind,
    blocking,
    left_product,
    left_id,
    right_product,
    right_id,
    null::varchar as organisation_id,
    probability,
    case
        when contradicted and by_person
            then concat(
                both_called, ' were joined by one answer and kept apart by another: ', kept_apart,
                ' were judged two clients.'
            )
        when contradicted then concat(both_called, ' match, but ', kept_apart, ' were judged two clients.')
        when kind = 'match' then concat_ws(' ', concat(both_called, ' may be one client.'), reason)
        when through_called is not null
            then concat(
                both_called, ' stand in one list, and answers join each of them with ', through_called,
                ', but nobody said that the two are one.'
            )
        when kind = 'duplicate' then concat(both_called, ' stand in one list and may be one client.')
        when kind = 'tax_link'
            then concat(both_called, ' share an id, but their details contradict each other.')
        when kind = 'shared_tax_number'
            then concat(both_called, ' would both survive with one tax number.')
        when kind = 'selection' then concat('No selection decides on ', both_called, ' yet.')
    end as why,
    case
        when kind = 'match'
            then 'Match: the two become one client. No match: each stands by its own rule.'
        when through_called is not null
            then 'Match: they stay one client. No match: they are taken apart, and one answer is asked again.'
        when kind = 'duplicate' then 'Match: one of them stands for both. No match: both stay.'
        when kind = 'tax_link'
            then 'Match: the Tax record follows that client. No match: it stands by itself.'
        when kind = 'shared_tax_number'
            then 'Match: the two become one client. Else mend the tax or branch numbers at the source.'
        when kind = 'selection'
            then 'Keep: the record survives. Do not keep: it is archived, or follows the kept twin.'
    end || decides as consequences
from spoken
