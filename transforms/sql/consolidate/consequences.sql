-- One row per question on clients: what each of its answers would do.
-- `said` is the result of `review`; `record` has the name of each rid as `called`.
with fates as (
    select
        s.item_id,
        f.answer,
        string_agg(
            case f.outcome
                when 'survivor' then f.called || ' survives'
                when 'merged' then f.called || ' is merged into ' || t.called
                when 'archived' then f.called || ' is archived'
                when 'excluded' then f.called || ' stays left out'
                when 'undecided' then f.called || ' waits for a selection'
            end, ', ' order by f.side
        ) as told
    from (
        select item_id, unnest([
            {answer: 'match', side: 1, called: left_called, outcome: left_then, rid: left_then_rid},
            {answer: 'match', side: 2, called: right_called, outcome: right_then, rid: right_then_rid},
            {answer: 'no_match', side: 1, called: left_called, outcome: left_now, rid: left_now_rid},
            {answer: 'no_match', side: 2, called: right_called, outcome: right_now, rid: right_now_rid}
        ]) as f
        from said
    ) as s
    left join record as t on s.f.rid = t.rid -- many to at most one
    group by s.item_id, f.answer
)

select
    s.item_id,
    case
        when s.contradicted and s.kept_apart = ''
            then 'match: all of them become one client, the two records of one list too. no_match: they stay'
                || ' two. unsure: they stay two, and it is asked again.'
        when s.contradicted
            then 'no_match: they stay two' || coalesce(': ' || n.told, '') || '. To join them, judge '
                || s.kept_apart || ' one client instead, in the decisions on matches.'
        when s.through_called is not null
            then 'match: they stay one client. no_match: they are taken apart, and one answer is asked'
                || ' again. unsure: nothing changes.'
        when s.kind in ('match', 'duplicate', 'tax_link') then concat(
            'match: the two become one client', ': ' || m.told,
            '. no_match: they stay two', ': ' || n.told,
            '. unsure: as no_match, and it is asked again',
            case when s.blocking then '; publication waits' end,
            '.',
            case when s.decides_organisation then ' The answer decides whose their organisation is.' end,
            case when m.told is null then ' What survives hangs on the policy, which is not chosen yet.' end
        )
        when s.kind = 'shared_tax_number'
            then 'match: the two become one client, and one record stands for both. If they are two, mend'
                || ' the tax or branch numbers at the source: two clients cannot survive with one.'
        when s.kind = 'selection' then concat(
            case
                when s.right_product is not null
                    then 'keep_hq: the Xero HQ record survives, the other is merged into it. keep_xpm: the'
                        || ' Practice Manager record survives, the other is merged into it. keep_both: both'
                        || ' survive, a duplicate that the selection makes. keep_none: both are archived.'
                else s.answers[1] || ': it survives. keep_none: it is archived, or follows a kept twin.'
            end,
            ' keep_none speaks of ' || array_to_string(s.others, ', ') || ' too, records of the same client.',
            case when s.works
                then ' The Practice Manager record has jobs or a Tax record: unless it survives, the policy'
                    || ' is refused until drops_working_clients is acknowledged.' end
        )
    end as consequences
from said as s
left join fates as m on s.item_id = m.item_id and m.answer = 'match' -- one to at most one
left join fates as n on s.item_id = n.item_id and n.answer = 'no_match' -- one to at most one
