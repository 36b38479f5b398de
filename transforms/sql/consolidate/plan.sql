-- One row per policy, set of joined records and record: what becomes of the record under that policy.
-- `member` holds the sets: today's, or those that would stand if a question were answered with yes.
with policies as (
    select unnest(['all_xpm', 'all_hq', 'selection']) as policy
),

-- In each list one record stands for the client: under `selection` a kept one, else the senior one.
ranked as (
    select
        p.policy,
        m.*,
        case when p.policy = 'selection' and m.keep then 0 else 1 end * 10000000000 + m.seniority as place,
        case p.policy
            when 'all_xpm' then m.product = 'xpm'
            when 'all_hq' then m.product = 'hq'
            else m.product <> 'tax' and coalesce(m.keep, false)
        end as chosen
    from member as m
    cross join policies as p
),

sets as (
    select
        policy,
        set_id,
        arg_min(rid, place) filter (where live and product = 'hq') as hq,
        arg_min(rid, place) filter (where live and product = 'xpm') as xpm,
        arg_min(rid, place) filter (where live and product = 'tax') as tax,
        bool_or(live and product = 'hq' and chosen) as hq_kept,
        bool_or(live and product = 'xpm' and chosen) as xpm_kept,
        bool_or(product = 'hq') as has_hq,
        bool_or(product = 'xpm') as has_xpm,
        policy = 'selection' and not bool_or(live and chosen) and bool_or(needs and keep is null) as undecided
    from ranked
    group by policy, set_id
),

aimed as (
    select
        s.policy,
        s.set_id,
        s.undecided,
        m.rid,
        case
            when not m.live then null
            when m.product = 'hq' then case when not s.hq_kept and s.xpm_kept then s.xpm else s.hq end
            when m.product = 'xpm' or s.has_xpm
                then case when not s.xpm_kept and s.hq_kept then s.hq else s.xpm end
            when s.has_hq then s.hq
            else s.tax
        end as target,
        s.hq_kept or s.xpm_kept or not (s.has_hq or s.has_xpm) as kept,
        m.product = 'tax' and s.has_xpm and s.xpm is null as xpm_excluded
    from member as m
    inner join sets as s on m.set_id = s.set_id -- one to one per policy
)

select
    policy,
    set_id,
    rid,
    undecided,
    case when not xpm_excluded then target end as target,
    case
        when target is null or xpm_excluded then 'excluded'
        when target <> rid then 'merged'
        when kept then 'survivor'
        else 'archived'
    end as outcome,
    coalesce(kept and target is not null and not xpm_excluded, false) as lives
from aimed
