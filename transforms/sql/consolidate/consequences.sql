-- One row per question on clients: what each of its answers would do.
-- `said` is the result of `review`; `told_then` and `told_now` say what becomes of its records.
select
    *,
    case
        when contradicted and kept_apart = ''
            then 'match: all of them become one client, the two records of one list too. no_match: they stay'
                || ' two. unsure: they stay two, and it is asked again.'
        when contradicted
            then 'no_match: they stay two' || coalesce(': ' || told_now, '') || '. To join them, judge '
                || kept_apart || ' one client instead, in the decisions on matches.'
        when through_called is not null
            then 'match: they stay one client. no_match: they are taken apart, and one answer is asked'
                || ' again. unsure: nothing changes.'
        when kind in ('match', 'duplicate', 'tax_link') then concat(
            'match: the two become one client', ': ' || told_then,
            '. no_match: they stay two', ': ' || told_now,
            '. unsure: as no_match, and it is asked again',
            case when blocking then '; publication waits' end,
            '.',
            case when decides_organisation then ' The answer decides whose their organisation is.' end,
            case
                when told_then is null then ' What survives hangs on the policy, which is not chosen yet.'
            end
        )
        when kind = 'shared_tax_number'
            then 'match: the two become one client, and one record stands for both. If they are two, mend'
                || ' the tax or branch numbers at the source: two clients cannot survive with one.'
        when kind = 'selection' then concat(
            case
                when right_product is not null
                    then 'keep_hq: the Xero HQ record survives, the other is merged into it. keep_xpm: the'
                        || ' Practice Manager record survives, the other is merged into it. keep_both: both'
                        || ' survive, a duplicate that the selection makes. keep_none: both are archived.'
                else answers[1] || ': it survives. keep_none: it is archived, or follows a kept twin.'
            end,
            ' keep_none speaks of ' || array_to_string(others, ', ') || ' too, records of the same client.',
            case when works
                then ' The Practice Manager record has jobs or a Tax record: unless it survives, the policy'
                    || ' is refused until drops_working_clients is acknowledged.' end
        )
    end as consequences
from said
