-- One row per practice of `facts`: `hold`, the first thing that holds its publication ('' for none),
-- and the step, outcome and actor that follow. The order is that of the contract, section 2 "Steps".
-- Before a verdict was reached (the run failed on the practice) nothing is said about policy or selection.
with held as (
    select
        *,
        case
            when connection = 'none' then 'connect'
            when connection = 'existing' then 'confirm'
            when connection = 'confirmed' and not connected_by_master then 'confirm'
            when tool_open then 'tool'
            when connection <> 'no_account' and policy is null and failed_because is null then 'policy'
            when untaken > 0 then 'extract'
            when not confirmed then 'unconfirmed'
            when undecided > 0 then 'undecided'
            when len(refused_by) > 0 then 'refused'
            when failures > 0 then 'invalid'
            when blocking_questions > 0 then 'questions'
            when failed_because is not null then 'failed'
            else ''
        end as hold
    from facts
)

select
    *,
    case
        when hold = 'connect' then 'connect_accounts'
        when hold = 'confirm' then 'confirm_accounts'
        when last_published_at is not null or hold = '' then 'complete'
        when hold = 'policy' then 'choose_clients'
        else 'in_progress'
    end as step,
    case
        when hold in ('refused', 'invalid') then 'blocked'
        when hold = 'questions' then 'needs_review'
        when hold = 'failed' then 'failed'
        when hold <> '' then 'waiting'
        when last_published_at is not null and content_hash = last_content_hash then 'unchanged'
        else 'published'
    end as outcome,
    case
        when hold in ('connect', 'confirm') then 'master_admin'
        when hold in ('extract', 'invalid', 'failed') then 'operator'
        when hold <> '' then 'admin_edit_all'
        else 'nobody'
    end as actor_role
from held
