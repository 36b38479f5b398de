-- One row per practice of `held`: the step, outcome and actor that follow from what holds its publication.
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
