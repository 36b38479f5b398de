-- One row per question on clients: who is asked about, why, and the words to answer with.
-- `asked` has the names of its records: both, those that are kept apart, and the third that joins them.
select
    * exclude (reason, by_person),
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
from asked
