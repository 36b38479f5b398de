-- One row per Practice Manager client without a birth date: that of the Tax records that name it and bear its
-- name, unless they differ or a person said that they are another's.
select xpm.practice_id, xpm.product, xpm.source_id, min(tax.date_of_birth) as date_of_birth
from source_client as link
inner join comparable as tax using (practice_id, product, source_id)
inner join comparable as xpm
    on xpm.practice_id = link.practice_id and xpm.product = 'xpm' and xpm.source_id = link.xpm_client_uuid
anti join refused
    on refused.practice_id = link.practice_id
    and refused.tax_id = link.source_id
    and refused.xpm_id = link.xpm_client_uuid
where
    link.product = 'tax'
    and xpm.date_of_birth is null
    and tax.given_name = xpm.given_name
    and tax.family_name = xpm.family_name
group by xpm.practice_id, xpm.product, xpm.source_id
having count(distinct tax.date_of_birth) = 1
