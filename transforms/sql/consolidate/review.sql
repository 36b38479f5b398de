-- One row per question, in words. `asked` names its records by rid.
with named as (
    select
        r.rid,
        r.practice_id,
        r.product,
        r.source_id,
        concat(r.product_name, ' client "', coalesce(r.name, r.source_id), '"') as called
    from record as r
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
        concat(
            case when a.decides_survivor then ' It decides which of them survives.' else '' end,
            case when a.decides_organisation then ' It decides whose their organisation is.' else '' end
        ) as decides
    from asked as a
    inner join named as l on a.left_rid = l.rid -- many to one
    left join named as r on a.right_rid = r.rid -- many to at most one
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
    case kind
        when 'match' then concat(both_called, case
            when contradicted then ' were joined by one answer and kept apart by another.'
            else ' may be one client.'
        end)
        when 'duplicate' then concat(both_called, ' stand in one list and may be one client.')
        when 'tax_link' then concat(both_called, ' share an id, but their details contradict each other.')
        when 'shared_tax_number' then concat(both_called, ' would both survive with one tax number.')
        when 'selection' then concat('No selection decides on ', both_called, ' yet.')
    end as why,
    case kind
        when 'match' then 'Match: the two become one client. No match: each stands by its own rule.'
        when 'duplicate' then 'Match: one of them stands for both. No match: both stay.'
        when 'tax_link' then 'Match: the Tax record follows that client. No match: it stands by itself.'
        when 'shared_tax_number'
            then 'Match: the two become one client. Else mend the tax or branch numbers at the source.'
        when 'selection'
            then 'Keep: the record survives. Do not keep: it is archived, or follows the kept twin.'
    end || decides as consequences
from spoken
