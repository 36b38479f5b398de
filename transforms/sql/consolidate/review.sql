-- One row per question on clients: who is asked about, why, and the words to answer with.
-- `asked` names its records by rid, `record` has their names as `called`.
with spoken as (
    select
        a.*,
        l.practice_id,
        l.product as left_product,
        l.source_id as left_id,
        r.product as right_product,
        r.source_id as right_id,
        l.called as left_called,
        r.called as right_called,
        concat_ws(' and ', l.called, r.called) as both_called,
        concat_ws(' and ', nl.called, nr.called) as kept_apart,
        t.called as through_called,
        coalesce(r.works, l.works) as works
    from asked as a
    inner join record as l on a.left_rid = l.rid -- many to one
    left join record as r on a.right_rid = r.rid -- many to at most one
    left join record as nl on a.no_left_rid = nl.rid -- many to at most one
    left join record as nr on a.no_right_rid = nr.rid -- many to at most one
    left join record as t on a.through_rid = t.rid -- many to at most one
)

select
    * exclude (reason, by_person, no_left_rid, no_right_rid),
    'q_' || substr(
        md5(concat_ws(
            '|', kind, practice_id, left_product, left_id, coalesce(right_product, ''), coalesce(right_id, '')
        )), 1, 20
    ) as item_id,
    null::varchar as organisation_id,
    case
        when kind = 'shared_tax_number' then ['match']
        when contradicted and kept_apart <> '' then ['no_match']
        when kind = 'selection' then list_filter([
            case when 'hq' in (left_product, right_product) then 'keep_hq' end,
            case when 'xpm' in (left_product, right_product) then 'keep_xpm' end,
            case when right_product is not null then 'keep_both' end,
            'keep_none'
        ], lambda word: word is not null)
        else ['match', 'no_match', 'unsure']
    end as answers,
    case
        when contradicted and kept_apart = ''
            then concat(
                both_called, ' match, but joining them would make two records of one list one client, and',
                ' nobody said that those are one.'
            )
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
    end as why
from spoken
