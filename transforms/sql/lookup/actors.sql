-- one row per role and thing to do next
select
    actor_role,
    step,
    outcome,
    count(*) as practices,
    min(deadline) as first_deadline,
    min(practice_id) as for_example
from practice_status
where actor_role <> 'nobody'
group by actor_role, step, outcome
order by first_deadline, practices desc, actor_role, step, outcome
