-- One row per policy and practice with both lists: what the policy would do, and which one is recommended.
with lists as (
    select
        practice,
        count(*) filter (where product = 'hq') as hq,
        count(*) filter (where product = 'xpm') as xpm,
        count(*) filter (where product = 'hq' and live and state = 'active') as hq_active,
        count(*) filter (where product = 'xpm' and live and state = 'active') as xpm_active,
        count(*) filter (where works) as working,
        count(keep) as selections
    from record
    group by practice
),

judged as (
    select
        f.*,
        l.* exclude (practice),
        f.dropped = 0
        or (e.policy = f.policy and list_contains(e.acknowledged, 'drops_working_clients')) is true
            as not_refused,
        f.policy <> 'selection' or f.undecided = 0 as decided
    from facts as f
    inner join lists as l on f.practice = l.practice -- many to one
    left join effective_policy as e on f.practice_id = e.practice_id -- many to at most one
    where l.hq > 0 and l.xpm > 0
),

-- A finished selection is the practice's own work. Else active users of Practice Manager keep it, and those
-- who have just begun with it may keep Xero HQ (Xero's course on creating the single client record).
advised as (
    select
        practice,
        case
            when bool_or(policy = 'selection' and selections > 0 and decided and dropped = 0) then 'selection'
            when max(working) = 0 and 2 * max(xpm_active) < max(hq_active) then 'all_hq'
            else 'all_xpm'
        end as policy
    from judged
    group by practice
)

select
    j.practice_id,
    j.policy,
    j.kept,
    j.archived,
    j.dropped as working_dropped,
    j.duplicates_left,
    coalesce(v.values_lost, '{}') as values_lost,
    j.orphaned as organisations_orphaned,
    j.groups_changed,
    j.contacts_changed,
    j.undecided + j.link_questions + coalesce(q.questions, 0) as questions,
    j.not_refused and j.decided as allowed,
    list_concat(
        j.warnings, case when j.decided then []::varchar[] else ['undecided_selections'] end
    ) as reasons,
    j.policy = a.policy as recommended,
    case
        when j.policy <> a.policy then null
        when j.policy = 'selection' then 'Every client is decided, and no working client would be dropped.'
        when j.policy = 'all_hq'
            then concat(
                'No job or Tax record hangs on Practice Manager, and it holds fewer than half as many active',
                ' clients (', j.xpm_active, ') as Xero HQ (', j.hq_active, ').'
            )
        when j.working > 0
            then concat('Jobs or Tax records hang on ', j.working, ' Practice Manager clients, which stay.')
        else concat(
            'Practice Manager holds ', j.xpm_active, ' active clients and Xero HQ ', j.hq_active,
            ': its clients, with their custom fields and settings, stay.'
        )
    end as recommended_because
from judged as j
inner join advised as a on j.practice = a.practice -- many to one
left join lost as v on j.practice = v.practice and j.policy = v.policy -- one to at most one
left join questions as q on j.practice = q.practice and j.policy = q.policy -- one to at most one
