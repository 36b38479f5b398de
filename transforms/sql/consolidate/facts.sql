-- One row per policy and practice: what the policy would do, in counts.
with sets as (
    select
        p.policy,
        r.practice,
        p.set_id,
        bool_or(p.outcome = 'survivor' and r.product = 'hq')
        and bool_or(p.outcome = 'survivor' and r.product = 'xpm') as kept_twice,
        bool_or(p.undecided) as undecided,
        bool_or(r.works) and not bool_or(p.undecided)
        and not bool_or(p.outcome = 'survivor' and r.product = 'xpm') as drops,
        count(*) filter (where p.outcome = 'survivor') as kept,
        count(*) filter (where p.outcome = 'archived') as archived,
        -- Custom fields live in Practice Manager only: they stay where its record stays, or fill a blank.
        count(*) filter (
            where r.custom and p.outcome in ('merged', 'archived') and not (r.fills and p.lives)
        ) as custom_lost,
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
        policy,
        practice,
        sum(kept)::bigint as kept,
        sum(archived)::bigint as archived,
        count(*) filter (where kept_twice) as duplicates_left,
        count(*) filter (where undecided) as undecided,
        sum(custom_lost)::bigint as custom_lost,
        sum(invited)::bigint as invited
    from sets
    group by policy, practice
),

working as (
    select
        s.policy,
        s.practice,
        count(*) as dropped,
        min(r.source_id, 3) as dropped_examples
    from sets as s
    inner join record as r on s.set_id = r.set_id -- one to many
    where s.drops and r.works
    group by s.policy, s.practice
)

select
    c.*,
    coalesce(w.dropped, 0) as dropped,
    w.dropped_examples,
    coalesce(o.orphaned, 0) as orphaned,
    coalesce(o.conflicts, 0) as conflicts,
    coalesce(o.sharing_clients, 0) as sharing_clients,
    list_filter([
        case when c.custom_lost > 0 then 'loses_custom_fields' end,
        case when coalesce(w.dropped, 0) > 0 then 'drops_working_clients' end,
        case when c.invited > 0 then 'invited_organisation' end,
        case when c.duplicates_left > 0 then 'keeps_duplicates' end,
        case when coalesce(o.sharing_clients, 0) > 0 then 'organisations_on_both_sides' end,
        case when coalesce(o.orphaned, 0) > 0 then 'orphans_organisations' end
    ], lambda code: code is not null) as warnings
from counted as c
left join working as w on c.policy = w.policy and c.practice = w.practice -- one to at most one
left join organisations as o on c.policy = o.policy and c.practice = o.practice -- one to at most one
