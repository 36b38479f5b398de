-- One row per record: what becomes of it under its practice's policy, and why; pending where none counts.
with fated as (
    select r.*, e.policy, p.target, p.lives, p.undecided, coalesce(p.outcome, 'pending') as outcome
    from record as r
    left join effective_policy as e on r.practice_id = e.practice_id -- many to at most one
    left join plan as p on r.rid = p.rid and e.policy = p.policy -- one to at most one
),

differing as (
    select f.rid, f.target, f.state, t.state as twin_state
    from fated as f
    inner join record as t on f.target = t.rid and f.state <> t.state -- many to at most one
    -- Tax keeps no state of its own.
    where f.outcome = 'merged' and f.lives and f.product <> 'tax' and t.product <> 'tax'
),

aimed as (
    select
        f.*,
        concat(j.product, ':', j.source_id) as joined_id,
        case when t.rid is not null
            then 'c_' || substr(md5(concat_ws('|', t.practice_id, t.product, t.source_id)), 1, 20)
        end as client_id,
        case
            when t.rid is null then null
            when not f.lives or t.state = 'archived' then 'archived'
            else 'active'
        end as unified_state,
        concat(t.product_name, ' client ', t.source_id) as twin,
        t.product as twin_product,
        d.twin_state, m.merged_state
    from fated as f
    inner join record as j on f.set_id = j.rid -- many to one
    left join record as t on f.target = t.rid -- many to at most one
    left join differing as d on f.rid = d.rid -- one to at most one
    left join (select target, min(state) as merged_state from differing group by target) as m
        on f.rid = m.target -- one to at most one
)

select
    rid,
    target,
    practice_id,
    product,
    source_id,
    joined_id,
    outcome,
    client_id,
    unified_state as state,
    case
        when outcome = 'pending' then 'The practice has no policy decision that counts yet.'
        when outcome = 'excluded' and state = 'deleted' then concat('It is deleted in ', product_name, '.')
        when outcome = 'excluded' and state = 'prospect'
            then concat('It is a prospect in ', product_name, ', not a client.')
        when outcome = 'excluded' then 'The client that it belongs to is deleted or a prospect.'
        when outcome = 'survivor' and product = 'tax'
            then 'Tax clients without a match are kept under every policy.'
        when outcome = 'survivor' and policy = 'selection' then 'The selection keeps it.'
        when outcome = 'survivor' then concat('The policy keeps every ', product_name, ' client.')
        when outcome = 'archived' and undecided
            then 'No selection decides on it yet: it is not kept until one does.'
        when outcome = 'archived' and policy = 'selection'
            then 'The selection keeps neither it nor a twin of it.'
        when outcome = 'archived'
            then concat('The policy keeps no ', product_name, ' clients, and no twin of it survives.')
        when product = 'tax'
            then concat('It follows ', twin, ', which is ', case when lives then 'kept.' else 'archived.' end)
        when product = twin_product
            then concat('By people''s answers it is one client with ', twin, ', which stands for both.')
        else concat('It is matched to ', twin, ', which is kept.')
    end
    || case
        when outcome = 'survivor' and state = 'archived' then ' It is archived at its source and stays so.'
        else ''
    end
    || coalesce(
        concat(' States differ: ', state, ' here, ')
        || case outcome when 'merged' then twin_state when 'survivor' then merged_state end || ' there.', ''
    ) as reason
from aimed
