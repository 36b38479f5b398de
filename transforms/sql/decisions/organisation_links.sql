-- One row per organisation decision; its subject is the organisation.
select
    o.practice_id,
    o.organisation_id,
    o.product,
    o.source_id,
    'organisation_link' as decision,
    concat('organisation ', o.organisation_id) as subject,
    o.organisation_id as subject_key,
    case
        when o.product is null and o.source_id is null then 'link to no client'
        else concat('link to ', coalesce(o.product, '?'), ' client ', coalesce(o.source_id, '?'))
    end as content,
    o.decided_by,
    o.decided_at,
    case
        when (o.product is null) <> (o.source_id is null)
            then 'Product and id of the client must both be given, or both be empty for no client.'
        when o.source_id is not null and r.source_id is null
            then concat(
                o.product, ' client ', o.source_id,
                ' is not among the readable clients of this snapshot: check the id, or decide again.'
            )
    end as record_problem
from organisation_links as o
left join record as r -- many to at most one
    on o.practice_id = r.practice_id and o.product = r.product and o.source_id = r.source_id
