-- one row per practice, product and entity: how the last run read each list
select *
from intake
where coalesce(list_contains($practice_ids::varchar[], practice_id), true)
order by practice_id, product, entity
