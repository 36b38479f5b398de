-- One row per policy and practice: what the policy would do, in counts.
with sets as (
    select
        p.policy,
        r.practice,
        p.set_id,
        bool_or(p.outcome = 'survivor' and r.product = 'hq')
        and bool_or(p.outcome = 'survivor' and r.product = 'xpm') as kept_twice,
        bool_or(p.undecided) as undecided,
        count(*) filter (where p.outcome = 'survivor') as kept,
        count(*) filter (where p.outcome = 'archived') as archived,
        -- Custom fields live in Practice Manager only: an archived client loses them there.
        count(*) filter (where r.custom and p.outcome = 'archived') as custom_archived,
        -- A client that the practice is only invited to cannot be merged in Xero HQ (help pages on merging).
        count(*) filter (
            where r.organisation_access = 'invited' and p.outcome in ('merged', 'archived')
        ) as invited
    from plan as p
    inner join record as r on p.rid = r.rid -- many to one
    group by p.policy, r.practice, p.set_id
),

counted as (
    select
        s.policy,
        s.practice,
        sum(s.kept)::bigint as kept,
        sum(s.archived)::bigint as archived,
        count(*) filter (where s.kept_twice) as duplicates_left,
        count(*) filter (where s.undecided) as undecided,
        sum(s.custom_archived)::bigint + coalesce(any_value(l.lost), 0) as custom_lost,
        sum(s.invited)::bigint as invited
    from sets as s
    left join lost as l -- many to at most one
        on s.policy = l.policy and s.practice = l.practice and l.field = 'custom_fields'
    group by s.policy, s.practice
),

losing as (
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
        c.*,
        coalesce(d.dropped, 0) as dropped,
        d.dropped_examples,
        coalesce(f.contacts_changed, 0) as contacts_changed,
        coalesce(f.groups_changed, 0) as groups_changed,
        coalesce(f.orphaned, 0) as orphaned,
        coalesce(f.questions, 0) as link_questions,
        coalesce(o.sharing_clients, 0) as sharing_clients
    from counted as c
    left join losing as d on c.policy = d.policy and c.practice = d.practice -- one to at most one
    left join organisations as o on c.policy = o.policy and c.practice = o.practice -- one to at most one
    left join followed as f on c.policy = f.policy and c.practice = f.practice -- one to at most one
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
