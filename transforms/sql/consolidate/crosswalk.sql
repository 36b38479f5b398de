-- One row per client that was read: its fate, or `quarantined` where no row of it could be read.
with unreadable as (
    select
        q.practice_id,
        q.product,
        q.source_id,
        min(q.reason) as reason
    from quarantine as q
    left join fate as f -- many to at most one
        on q.practice_id = f.practice_id and q.product = f.product and q.source_id = f.source_id
    where
        q.entity = 'client'
        and q.level = 'row'
        and q.source_id is not null
        and q.product in ('hq', 'xpm', 'tax')
        and q.practice_id <> ''
        and f.source_id is null
    group by all
)

select
    practice_id,
    product,
    'client' as entity,
    source_id,
    client_id as unified_id,
    outcome,
    reason
from fate
union all
select
    practice_id,
    product,
    'client' as entity,
    source_id,
    null as unified_id,
    'quarantined' as outcome,
    reason
from unreadable
