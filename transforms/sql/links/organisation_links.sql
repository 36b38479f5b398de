-- One row per organisation known to a practice with a plan, from its clients or from a person's decision.
with known as (
    select
        practice_id, organisation_id,
        arg_min(organisation_name, (product, source_id)) filter (organisation_name is not null)
            as organisation_name,
        bool_or(invited) as invited,
        len(list_distinct(list(client_id))) as clients,
        min(client_id) as client_id,
        coalesce(bool_or(stands_itself) filter (client_id is not null), false) as stands_itself,
        len(list_distinct(list(product) filter (client_id is not null))) as sides,
        min(label) filter (client_id is not null) as holder,
        min(label) as any_holder,
        min(near_twin) as near_twin,
        bool_or(archived) as archived
    from holder
    group by practice_id, organisation_id
),

decided as (
    select
        d.practice_id, d.organisation_id, d.source_id,
        coalesce(c.label, d.product || ' client ' || d.source_id) as subject,
        case when c.lives then c.client_id end as client_id
    from effective_organisation as d
    inner join link_plan as p on d.practice_id = p.practice_id and p.planned
    left join link_client as c
        on
            d.practice_id = c.practice_id and d.product = c.product and d.source_id = c.source_id
),

stated as (
    select
        k.* exclude (practice_id, organisation_id, client_id),
        d.subject, d.source_id,
        coalesce(k.practice_id, d.practice_id) as practice_id,
        coalesce(k.organisation_id, d.organisation_id) as organisation_id,
        coalesce(d.client_id, k.client_id) as client_id,
        case
            when d.source_id is not null and d.client_id is null then 'orphaned'
            when d.practice_id is not null then 'confirmed'
            when k.clients > 1 then 'conflict'
            when k.clients = 1 and (k.stands_itself or k.sides > 1) then 'carried'
            when k.clients = 1 then 'repointed'
            when k.near_twin is not null then 'needs_confirmation'
            else 'orphaned'
        end as state
    from known as k
    full join decided as d on k.practice_id = d.practice_id and k.organisation_id = d.organisation_id
)

select
    practice_id, organisation_id, organisation_name,
    case
        when state = 'confirmed' and source_id is null then null
        when state in ('carried', 'repointed', 'confirmed') then client_id
    end as client_id,
    state,
    case
        when state = 'confirmed' and source_id is null then 'A person linked it to no client.'
        when state = 'confirmed' then 'A person linked it to ' || subject || '.'
        when subject is not null
            then 'A person linked it to ' || subject || ', which does not live on.'
        when state = 'conflict' then clients || ' clients that live on are connected to it: say whose it is.'
        when state = 'carried' and sides > 1 then 'All products that know it agree on its client.'
        when state = 'carried' then 'Its ' || holder || ' lives on.'
        when state = 'repointed' then 'Its ' || holder || ' was merged into this client.'
        when state = 'needs_confirmation'
            then 'Its ' || any_holder || ' is archived, and perhaps the same as ' || near_twin
                || ': match them, or name its client.'
        when archived
            then 'Its ' || any_holder || ' is archived and no client that lives on matches it.'
        else 'Its ' || any_holder || ' is excluded: deleted, or a prospect, at its source.'
    end
    || case when coalesce(invited, false) then ' The practice is only invited into it.' else '' end as reason,
    $run_id as run_id
from stated
