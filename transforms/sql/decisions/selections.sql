-- One row per selection; its subject is the source client.
select
    s.practice_id,
    s.product,
    s.source_id,
    s.keep,
    'selection' as decision,
    concat(s.product, ' client ', s.source_id) as subject,
    concat_ws(chr(31), s.product, s.source_id) as subject_key,
    case when s.keep then 'keep' else 'do not keep' end as content,
    s.decided_by,
    s.decided_at,
    case
        when r.source_id is null
            then concat(
                s.product, ' client ', s.source_id,
                ' is not among the readable clients of this snapshot: check the id, or decide again.'
            )
    end as record_problem
from selections as s
left join record as r -- many to at most one
    on s.practice_id = r.practice_id and s.product = r.product and s.source_id = r.source_id
