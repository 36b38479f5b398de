-- One row per practice of the directory: whether its clients have outcomes that links can follow, and the
-- product that its policy keeps (Practice Manager unless it keeps all of HQ).
with fated as (
    select
        practice_id,
        bool_or(outcome <> 'pending') as planned
    from client_fate
    group by practice_id
)

select
    p.practice_id,
    upper(p.region) as region,
    coalesce(f.planned, e.practice_id is not null) as planned,
    case when e.policy = 'all_hq' then 'hq' else 'xpm' end as kept_product
from practices as p
left join fated as f on p.practice_id = f.practice_id
left join effective_policy as e on p.practice_id = e.practice_id
