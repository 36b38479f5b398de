-- One row per group that may be another one: its three or more members are those of a group of another name,
-- or it bears the name of one with which it has no member in common (`group_key`). Asked against the smallest
-- such group, so that n groups give n - 1 questions.
-- `group_member` holds those that can have the same members: the first, the last and their number are alike.
with likeness as (
    select
        practice_id, group_id, 'group' as what, string_agg(client_id, ',' order by client_id) as same_as,
        'the same ' || count(*) || ' members' as told,
        'give both the same name' as remedy
    from group_member
    group by practice_id, group_id
    union all
    select
        practice_id, group_id, 'group name', name_no, 'one name and no member in common',
        'put a client of the one into the other'
    from group_key
),

alike as (
    select
        l.practice_id, l.what, l.told, l.remedy, g.product, g.source_id,
        g.name || case g.product when 'hq' then ' (Xero HQ)' else ' (Practice Manager)' end as called,
        first_value(called) over same as first_called,
        first_value(g.product) over same as first_product,
        first_value(g.source_id) over same as first_id,
        row_number() over same as place
    from likeness as l
    inner join unified_group as g on l.practice_id = g.practice_id and l.group_id = g.group_id
    window same as (partition by l.practice_id, l.what, l.same_as order by g.product, g.source_id)
)

select
    practice_id,
    'q_' || left(md5(
        concat_ws('|', what, practice_id, first_product, first_id, product, source_id)
    ), 20) as item_id,
    'group' as kind,
    false as blocking,
    first_product as left_product, first_id as left_id, product as right_product, source_id as right_id,
    null::varchar as organisation_id,
    null::double as probability,
    concat('Groups ', first_called, ' and ', called, ' have ', told, '.') as why,
    concat(
        'If they are one group, ', remedy, ' in either product: they are then joined.',
        ' If they are two, nothing changes: both stay.'
    ) as consequences,
    $run_id as run_id
from alike
where place > 1
