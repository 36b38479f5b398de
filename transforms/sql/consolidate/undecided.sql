-- One row per client without a selection, of the practices that chose to select: of the records that need one
-- and have none yet the senior one of each list, and the `others` as product:id, which only an answer that
-- keeps none has to speak of.
with ranked as (
    select
        r.practice,
        r.set_id,
        r.product,
        r.source_id,
        r.rid,
        row_number() over (partition by r.set_id, r.product order by r.seniority) as place
    from plan as p
    inner join record as r on p.rid = r.rid -- one to one under one policy
    semi join chosen as c on r.practice = c.practice and p.policy = c.policy
    where p.policy = 'selection' and p.undecided and r.needs and r.keep is null
)

select
    practice,
    min(rid) filter (where product = 'hq' and place = 1) as hq_rid,
    min(rid) filter (where product = 'xpm' and place = 1) as xpm_rid,
    list(product || ':' || source_id order by product, source_id) filter (where place > 1) as others
from ranked
group by practice, set_id
