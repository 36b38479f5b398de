-- One row per practice: what consolidation says of publishing it under its chosen policy.
with listed as (
    select distinct practice_id from staff
),

stale as (
    select
        practice_id,
        count(*) as stale_links
    from stale_link
    group by practice_id
),

chosen as (
    select
        p.practice_id,
        e.policy,
        coalesce(e.confirmed, false) as confirmed,
        coalesce(e.acknowledged, []) as acknowledged,
        f.* exclude (practice_id, policy),
        l.practice_id is null as authority_unchecked
    from practices as p
    left join effective_policy as e on p.practice_id = e.practice_id -- one to at most one
    left join facts as f on p.practice_id = f.practice_id and e.policy = f.policy -- one to at most one
    left join listed as l on p.practice_id = l.practice_id -- one to at most one
),

sentences as (
    select
        *,
        list_filter([
            case when dropped > 0 then concat(
                dropped, ' working Practice Manager clients would not survive, for example ', dropped_examples
            ) end,
            case when duplicates_left > 0
                then concat(duplicates_left, ' matched clients are kept on both sides') end,
            case when orphaned > 0 then concat(orphaned, ' organisations would be linked to no client') end,
            case when custom_lost > 0 then concat(custom_lost, ' clients would lose their custom fields') end,
            case when invited > 0 then concat(
                invited, ' clients of which the practice is only invited to the organisation would not stay'
            ) end,
            case when sharing_clients > 0 then concat(
                sharing_clients, ' clients would have different organisations from both sides'
            ) end
        ], lambda sentence: sentence is not null) as found
    from chosen
)

select
    s.practice_id,
    s.policy,
    s.confirmed,
    coalesce(s.undecided, 0) as undecided,
    case
        when list_contains(s.warnings, 'drops_working_clients')
            and not list_contains(s.acknowledged, 'drops_working_clients') then ['drops_working_clients']
        else []::varchar[]
    end as refused_by,
    coalesce(s.warnings, []) as warnings,
    list_sort(list_intersect(coalesce(s.warnings, []), s.acknowledged)) as acknowledged,
    case when len(s.found) > 0 then array_to_string(s.found, '; ') || '.' end as detail,
    s.authority_unchecked,
    coalesce(t.stale_links, 0) as stale_links
from sentences as s
left join stale as t on s.practice_id = t.practice_id -- one to at most one
