-- one row per practice asked for; every practice where none is named
select *
from practice_status
where coalesce(list_contains($practice_ids::varchar[], practice_id), true)
order by practice_id
