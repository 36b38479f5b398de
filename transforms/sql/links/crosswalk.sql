-- One row per contact, group and relationship that was read: its outcome. A readable record of a practice with
-- a plan always has a fate; where it had none, the empty outcome stops the run.
select
    i.practice_id, i.product, i.entity, i.source_id,
    f.unified_id,
    case
        when not p.planned then 'pending'
        when not i.readable then 'quarantined'
        else f.outcome
    end as outcome,
    case
        when not p.planned then 'The practice has no policy that counts yet.'
        when not i.readable then 'No row of it could be read: see quarantine.'
        else f.reason
    end as reason,
    $run_id as run_id
from read_id as i
inner join link_plan as p on i.practice_id = p.practice_id
left join link_fate as f
    on
        i.practice_id = f.practice_id and i.product = f.product
        and i.entity = f.entity and i.source_id = f.source_id
