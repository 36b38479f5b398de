-- One row per group read of a practice with a plan: the record its set of same-named groups stands on (the
-- product the policy keeps, then the smaller id), Practice Manager's Taxable, and whether any member of the
-- set lives on.
with followed as (
    select
        practice_id, product, source_id,
        count(client_id) as members
    from member_row
    group by practice_id, product, source_id
),

headed as (
    select
        g.practice_id, g.product, g.source_id,
        first_value(g.product) over ladder as head_product,
        first_value(g.source_id) over ladder as head_id,
        first_value(g.name) over ladder as name,
        first_value(g.taxable) over (
            partition by g.practice_id, g.set_key
            order by g.taxable is null, g.on_kept_product desc, g.source_id, g.product
        ) as taxable,
        sum(coalesce(f.members, 0)) over (partition by g.practice_id, g.set_key) > 0 as lives
    from group_record as g
    left join followed as f
        on g.practice_id = f.practice_id and g.product = f.product and g.source_id = f.source_id
    window ladder as (
        partition by g.practice_id, g.set_key order by g.on_kept_product desc, g.source_id, g.product
    )
)

select
    *,
    case
        when lives then 'g_' || left(md5(practice_id || '|' || head_product || '|' || head_id), 20)
    end as group_id,
    product = head_product and source_id = head_id as is_head
from headed
