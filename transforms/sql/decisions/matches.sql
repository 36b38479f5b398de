-- One row per judgement, left and right in the order hq, xpm, tax, then the smaller id.
with keyed as (
    select
        *,
        concat(list_position(['hq', 'xpm', 'tax'], left_product), left_id)
        > concat(list_position(['hq', 'xpm', 'tax'], right_product), right_id) as turned
    from matches
),

ordered as (
    select
        practice_id,
        judgement,
        decided_by,
        decided_at,
        case when turned then right_product else left_product end as left_product,
        case when turned then right_id else left_id end as left_id,
        case when turned then left_product else right_product end as right_product,
        case when turned then left_id else right_id end as right_id
    from keyed
),

checked as (
    select
        o.*,
        case when l.source_id is null then concat(o.left_product, ' client ', o.left_id) end as missing_left,
        case
            when r.source_id is null then concat(o.right_product, ' client ', o.right_id)
        end as missing_right
    from ordered as o
    left join record as l -- many to at most one
        on o.practice_id = l.practice_id and o.left_product = l.product and o.left_id = l.source_id
    left join record as r -- many to at most one
        on o.practice_id = r.practice_id and o.right_product = r.product and o.right_id = r.source_id
)

select
    practice_id,
    left_product,
    left_id,
    right_product,
    right_id,
    judgement,
    'match' as decision,
    concat(left_product, ' client ', left_id, ' and ', right_product, ' client ', right_id) as subject,
    concat_ws(chr(31), left_product, left_id, right_product, right_id) as subject_key,
    judgement as content,
    decided_by,
    decided_at,
    case
        when left_product = right_product and left_id = right_id
            then 'Both sides of the pair are one record: name two different records.'
        when missing_left is not null or missing_right is not null
            then concat(
                concat_ws(' and ', missing_left, missing_right),
                ' not among the readable clients of this snapshot: check the ids, or decide again.'
            )
    end as record_problem
from checked
