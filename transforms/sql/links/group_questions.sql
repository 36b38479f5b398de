-- One row per group whose three or more members are those of another group of another name: asked against the
-- smallest such group, so that n groups give n - 1 questions.
with memberships as (
    select
        practice_id, group_id,
        string_agg(client_id, ',' order by client_id) as members,
        count(*) as size
    from group_member
    group by practice_id, group_id
    having count(*) > 2
),

alike as (
    select
        m.practice_id, m.size, g.name, g.product, g.source_id,
        first_value(g.name) over same as first_name,
        first_value(g.product) over same as first_product,
        first_value(g.source_id) over same as first_id,
        row_number() over same as place
    from memberships as m
    inner join unified_group as g on m.practice_id = g.practice_id and m.group_id = g.group_id
    window same as (partition by m.practice_id, m.members order by g.product, g.source_id)
)

select
    practice_id,
    'q_' || left(md5(
        concat_ws('|', 'group', practice_id, first_product, first_id, product, source_id)
    ), 20) as item_id,
    'group' as kind,
    false as blocking,
    first_product as left_product, first_id as left_id, product as right_product, source_id as right_id,
    null::varchar as organisation_id,
    null::double as probability,
    'Groups ' || first_name || ' and ' || name || ' have the same ' || size || ' members.' as why,
    'If they are one group, give both the same name in either product: they are then joined.'
    || ' If they are two, nothing changes: both stay.' as consequences,
    $run_id as run_id
from alike
where place > 1
