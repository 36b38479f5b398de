-- the newest run of the store
select *
from run
order by started_at desc, run_id desc
limit 1
