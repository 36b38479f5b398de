-- one row per policy of the practice
select * exclude (practice_id, run_id)
from policy_simulation
where practice_id = $practice_id
order by policy
