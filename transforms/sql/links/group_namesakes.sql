-- One row per group whose name another group bears with which it has no member in common: asked against the
-- smallest such group, so that n groups give n - 1 questions.
with alike as (
    select
        g.practice_id, g.name, g.product, g.source_id,
        first_value(g.name) over same as first_name,
        first_value(g.product) over same as first_product,
        first_value(g.source_id) over same as first_id,
        row_number() over same as place
    from unified_group as g
    inner join group_key as k on g.practice_id = k.practice_id and g.group_id = k.group_id
    window same as (partition by g.practice_id, k.name_key order by g.product, g.source_id)
)

select
    practice_id,
    'q_' || left(md5(
        concat_ws('|', 'group name', practice_id, first_product, first_id, product, source_id)
    ), 20) as item_id,
    'group' as kind,
    false as blocking,
    first_product as left_product, first_id as left_id, product as right_product, source_id as right_id,
    null::varchar as organisation_id,
    null::double as probability,
    'Groups ' || first_name || case first_product when 'hq' then ' (Xero HQ)' else ' (Practice Manager)' end
    || ' and ' || name || case product when 'hq' then ' (Xero HQ)' else ' (Practice Manager)' end
    || ' have one name and no member in common.' as why,
    'If they are one group, put a client of the one into the other in either product: they are then joined.'
    || ' If they are two, nothing changes: both stay.' as consequences,
    $run_id as run_id
from alike
where place > 1
