-- One row per group read of a practice with a plan: what became of it.
select
    practice_id, product, 'group' as entity, source_id,
    group_id as unified_id,
    case when not lives then 'dropped' when is_head then 'survivor' else 'merged' end as outcome,
    case
        when not lives then 'None of its members lives on.'
        when is_head then 'It is kept as a group.'
        else 'It has the name of ' || case head_product when 'hq' then 'Xero HQ' else 'Practice Manager' end
            || ' group ' || head_id || '.'
    end as reason
from group_head
