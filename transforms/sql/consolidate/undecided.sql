-- One row per client without a selection: the senior record of each list that needs one and has none yet.
select
    r.practice,
    arg_min(r.rid, r.seniority) filter (where r.product = 'hq') as hq_rid,
    arg_min(r.rid, r.seniority) filter (where r.product = 'xpm') as xpm_rid
from plan as p
inner join record as r on p.rid = r.rid -- one to one under one policy
where p.policy = 'selection' and p.undecided and r.needs and r.keep is null
group by r.practice, r.set_id
