-- One row per group read of a practice with a plan: the group its set stands on (of the product that the
-- policy keeps, then the smaller id) and Practice Manager's Taxable. Numbers are in the order of ids.
with sets as (
    select
        set_no,
        arg_min(group_no, (not on_kept_product, group_no)) as head_no,
        arg_min(taxable, (not on_kept_product, group_no)) filter (where taxable is not null) as taxable
    from group_record
    group by set_no
)

select
    g.group_no, g.practice_id, g.product, g.source_id, g.set_no, g.name_key, g.has_members,
    h.product as head_product, h.source_id as head_id, h.name, s.taxable,
    'g_' || left(md5(h.practice_id || '|' || h.product || '|' || h.source_id), 20) as group_id,
    g.group_no = s.head_no as is_head
from group_record as g
inner join sets as s on g.set_no = s.set_no -- many to one
inner join group_record as h on s.head_no = h.group_no -- many to one
