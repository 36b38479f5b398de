-- One row per practice of `facts`: `hold`, the first thing that holds its publication ('' for none).
-- The order is that of the contract, section 2 "Steps". Before a verdict was reached (the run failed on the
-- practice) nothing is said about policy or selection.
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
