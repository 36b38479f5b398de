-- One row per client of which no row could be read.
select
    q.practice_id,
    q.product,
    'client' as entity,
    q.source_id,
    null::varchar as unified_id,
    'quarantined' as outcome,
    min(q.reason) as reason
from quarantine as q
anti join fate as f
    on q.practice_id = f.practice_id and q.product = f.product and q.source_id = f.source_id
where
    q.entity = 'client'
    and q.level = 'row'
    and q.source_id is not null
    and q.product in ('hq', 'xpm', 'tax')
    and q.practice_id <> ''
group by q.practice_id, q.product, q.source_id
