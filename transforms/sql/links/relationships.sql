-- One row per relationship read of a practice with a plan: published where `reason` is empty, else dropped.
-- One repeats another where type and both clients are the same and the other holds every value it holds; the
-- fuller is published, then the smaller id. Others between the same two clients stay: two terms as director.
with read as (
    select
        r.practice_id, r."UUID" as source_id, r."Type" as type, lower(r."Type") as kind,
        r."ClientUUID" as source_client_id, r."RelatedClientUUID" as source_related_id,
        r."NumberOfShares" as number_of_shares, r."Percentage" as percentage,
        r."StartDate" as start_date, r."EndDate" as end_date,
        a.client_id, b.client_id as related_client_id, a.lost, b.lost as related_lost,
        (r."NumberOfShares" is not null)::int + (r."Percentage" is not null)::int
        + (r."StartDate" is not null)::int + (r."EndDate" is not null)::int as fullness
    from xpm_relationships as r
    inner join link_plan as p on r.practice_id = p.practice_id and p.planned
    left join link_client as a
        on r.practice_id = a.practice_id and r."ClientUUID" = a.source_id
    left join link_client as b
        on r.practice_id = b.practice_id and r."RelatedClientUUID" = b.source_id
),

repeats as (
    select
        r.practice_id, r.source_id,
        arg_min(o.source_id, (-o.fullness, o.source_id)) as repeated_id
    from read as r
    inner join read as o
        on
            r.practice_id = o.practice_id and r.kind = o.kind
            and r.client_id = o.client_id and r.related_client_id = o.related_client_id
            and (o.fullness > r.fullness or (o.fullness = r.fullness and o.source_id < r.source_id))
            and coalesce(r.number_of_shares = o.number_of_shares, r.number_of_shares is null)
            and coalesce(r.percentage = o.percentage, r.percentage is null)
            and coalesce(r.start_date = o.start_date, r.start_date is null)
            and coalesce(r.end_date = o.end_date, r.end_date is null)
    where r.client_id <> r.related_client_id
    group by r.practice_id, r.source_id
)

select
    r.* exclude (kind, fullness, lost, related_lost),
    'r_' || left(md5(r.practice_id || '|xpm|' || coalesce(d.repeated_id, r.source_id)), 20)
        as relationship_id,
    d.repeated_id,
    case
        when r.client_id is null
            then coalesce(r.lost, 'Its client is not among the clients that could be read.')
        when r.related_client_id is null
            then replace(
                coalesce(r.related_lost, 'Its client is not among the clients that could be read.'),
                'Its client', 'The client it points to'
            )
        when r.client_id = r.related_client_id then 'Its two clients became one client.'
        when d.repeated_id is not null then 'It repeats a link that is published.'
    end as reason
from read as r
left join repeats as d on r.practice_id = d.practice_id and r.source_id = d.source_id
