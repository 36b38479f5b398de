-- one row per practice that is not complete, the nearest deadline first, at most $rows
select
    practice_id,
    practice_name,
    deadline,
    days_left,
    step,
    outcome,
    actor_role,
    next_action
from practice_status
where step <> 'complete'
order by deadline, practice_id
limit $rows
