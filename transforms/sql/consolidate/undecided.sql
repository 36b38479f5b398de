-- One row per client without a selection, of the practices that chose to select: of the records that need one
-- and have none yet (`record`) the senior one of each list, and the `others` as product:id, which only an
-- answer that keeps none has to speak of.
with ranked as (
    select
        practice,
        set_id,
        product,
        source_id,
        rid,
        row_number() over (partition by set_id, product order by seniority) as place
    from record
)

select
    practice,
    min(rid) filter (where product = 'hq' and place = 1) as hq_rid,
    min(rid) filter (where product = 'xpm' and place = 1) as xpm_rid,
    list(product || ':' || source_id order by product, source_id) filter (where place > 1) as others
from ranked
group by practice, set_id
