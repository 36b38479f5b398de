-- One row per policy and practice: what the policy would do, in counts.
with losing as (
    select
        policy,
        practice,
        count(*) as dropped,
        array_to_string(
            min(concat(source_id, ' (jobs: ', jobs, ', Tax records: ', len(tax_client_ids), ')'), 3), ', '
        ) as dropped_examples
    from dropped
    group by policy, practice
),

told as (
    select
        p.* exclude (custom_archived),
        p.custom_archived + coalesce(l.lost, 0) as custom_lost,
        coalesce(d.dropped, 0) as dropped,
        d.dropped_examples,
        coalesce(f.contacts_changed, 0) as contacts_changed,
        coalesce(f.groups_changed, 0) as groups_changed,
        coalesce(f.orphaned, 0) as orphaned,
        coalesce(f.questions, 0) as link_questions,
        coalesce(o.sharing_clients, 0) as sharing_clients
    from planned as p
    left join lost as l -- one to at most one
        on p.policy = l.policy and p.practice = l.practice and l.field = 'custom_fields'
    left join losing as d on p.policy = d.policy and p.practice = d.practice -- one to at most one
    left join organisations as o on p.policy = o.policy and p.practice = o.practice -- one to at most one
    left join followed as f on p.policy = f.policy and p.practice = f.practice -- one to at most one
)

select
    *,
    list_filter([
        case when custom_lost > 0 then 'loses_custom_fields' end,
        case when dropped > 0 then 'drops_working_clients' end,
        case when invited > 0 then 'invited_organisation' end,
        case when duplicates_left > 0 then 'keeps_duplicates' end,
        case when sharing_clients > 0 then 'organisations_on_both_sides' end,
        case when orphaned > 0 then 'orphans_organisations' end
    ], lambda code: code is not null) as warnings
from told
