-- One row per policy, set of joined records and record: what becomes of the record under that policy.
-- `member` holds the sets: today's, or those that would stand if a question were answered with yes.
with policies as (
    select unnest(['all_xpm', 'all_hq', 'selection']) as policy
),

-- In each list one record stands for the client: the senior one, under `selection` a kept one before it.
sets as (
    select
        set_id,
        arg_min(rid, seniority) filter (where live and product = 'hq') as hq,
        arg_min(rid, seniority) filter (where live and product = 'xpm') as xpm,
        arg_min(rid, seniority) filter (where live and product = 'tax') as tax,
        arg_min(rid, seniority) filter (where live and product = 'hq' and keep) as hq_selected,
        arg_min(rid, seniority) filter (where live and product = 'xpm' and keep) as xpm_selected,
        bool_or(product = 'hq') as has_hq,
        bool_or(product = 'xpm') as has_xpm,
        bool_or(needs and keep is null) as is_open
    from member
    group by set_id
),

kept as (
    select
        p.policy,
        s.set_id,
        case p.policy when 'selection' then coalesce(s.hq_selected, s.hq) else s.hq end as hq,
        case p.policy when 'selection' then coalesce(s.xpm_selected, s.xpm) else s.xpm end as xpm,
        s.tax,
        case p.policy when 'all_hq' then s.hq when 'selection' then s.hq_selected end is not null as hq_kept,
        case p.policy when 'all_xpm' then s.xpm when 'selection' then s.xpm_selected end is not null
            as xpm_kept,
        s.has_hq,
        s.has_xpm,
        p.policy = 'selection' and s.is_open and s.hq_selected is null and s.xpm_selected is null
            as undecided
    from sets as s
    cross join policies as p
),

aimed as (
    select
        s.policy,
        s.set_id,
        s.undecided,
        s.hq_kept and s.xpm_kept as kept_twice,
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
    inner join kept as s on m.set_id = s.set_id -- one to one per policy
)

select
    policy,
    set_id,
    rid,
    undecided,
    kept_twice,
    case when not xpm_excluded then target end as target,
    case
        when target is null or xpm_excluded then 'excluded'
        when target <> rid then 'merged'
        when kept then 'survivor'
        else 'archived'
    end as outcome,
    coalesce(kept and target is not null and not xpm_excluded, false) as lives
from aimed
