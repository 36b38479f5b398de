-- one row per policy and working client that it would drop, the first $rows of each policy
select * exclude (practice_id, run_id)
from policy_drop
where practice_id = $practice_id
qualify row_number() over (partition by policy order by xpm_client_uuid) <= $rows
order by policy, xpm_client_uuid
