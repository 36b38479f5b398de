-- One row per Tax record and Practice Manager client that a person said it does not share.
select
    practice_id,
    case when left_product = 'tax' then left_id else right_id end as tax_id,
    case when left_product = 'tax' then right_id else left_id end as xpm_id
from judgement
where judgement = 'no_match' and 'tax' in (left_product, right_product)
