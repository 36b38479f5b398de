-- One row per practice of `practices`: everything that its status is decided from.
-- $midnight is the start of the day that the run counts from; $stale_hours the longest a tool may stay open.
with staffed as (
    select practice_id, list(user_id) filter (where hq_role = 'master_admin') as master_admins
    from staff
    group by practice_id
),

untaken as (
    select
        practice_id,
        count(*) as lists,
        string_agg(product || ' ' || entity, ', ' order by product, entity) as list_names,
        string_agg(
            product || ' ' || entity || ': ' || rtrim(coalesce(reason, 'not accepted'), '.'), '; '
            order by product, entity
        ) filter (where place <= 3) as list_reasons
    from (
        select *, row_number() over (partition by practice_id order by product, entity) as place
        from intake
        where not accepted
    )
    group by practice_id
),

read_rows as (
    select
        practice_id,
        sum(rows_read) filter (where product = 'hq')::bigint as hq,
        sum(rows_read) filter (where product = 'xpm')::bigint as xpm,
        sum(rows_read) filter (where product = 'tax')::bigint as tax
    from intake
    where entity = 'clients'
    group by practice_id
),

clients as (
    select
        practice_id,
        count(*) filter (where product = 'hq') as hq,
        count(*) filter (where product = 'xpm') as xpm,
        count(*) filter (where product = 'tax') as tax
    from source_client
    group by practice_id
),

invalid as (
    select
        practice_id, count(*) as failures, arg_min(reason, (rule, table_name, failing_key)) as first_failure
    from validation_failure
    where severity = 'critical'
    group by practice_id
)

select
    p.practice_id, p.practice_name, p.region, p.connection, p.connected_by, p.deadline,
    p.tool_opened_by, p.tool_opened_at,
    p.connected_by is null or s.practice_id is null
        or coalesce(list_contains(s.master_admins, p.connected_by), false) as connected_by_master,
    p.tool_opened_at is not null and (p.tool_closed_at is null or p.tool_closed_at < p.tool_opened_at)
        as tool_open,
    tool_open and p.tool_opened_at < $midnight - to_hours($stale_hours) as tool_stale,
    v.policy, v.confirmed, v.undecided, v.refused_by, v.warnings, v.acknowledged, v.detail, v.stale_links,
    coalesce(v.authority_unchecked, s.practice_id is null) as authority_unchecked,
    p.connection = 'confirmed' and p.connected_by is null as connector_unknown,
    coalesce(u.lists, 0) as untaken, u.list_names, u.list_reasons,
    coalesce(i.failures, 0) as failures, i.first_failure,
    coalesce(c.hq, r.hq, 0) as hq_clients, coalesce(c.xpm, r.xpm, 0) as xpm_clients,
    coalesce(c.tax, r.tax, 0) as tax_clients,
    f.reason as failed_because, b.last_published_at, b.content_hash as last_content_hash
from practices as p
left join staffed as s using (practice_id)
left join practice_verdict as v using (practice_id)
left join untaken as u using (practice_id)
left join read_rows as r using (practice_id)
left join clients as c using (practice_id)
left join invalid as i using (practice_id)
left join failed as f using (practice_id)
left join previous as b using (practice_id)
