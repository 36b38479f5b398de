-- One row per policy decision; its subject is the practice.
select
    practice_id,
    policy,
    coalesce(fill_blanks, false) as fill_blanks,
    list_sort(list_distinct(coalesce(acknowledged, []))) as acknowledged,
    coalesce(confirmed, false) as confirmed,
    'policy' as decision,
    'policy of the practice' as subject,
    '' as subject_key,
    concat(
        policy,
        case when coalesce(fill_blanks, false) then ', fill blanks' else '' end,
        case when coalesce(confirmed, false) then ', confirmed' else ', not confirmed' end,
        coalesce(
            ', acknowledged ' || nullif(array_to_string(list_sort(list_distinct(acknowledged)), ' '), ''), ''
        )
    ) as content,
    decided_by,
    decided_at,
    null::varchar as record_problem
from policies
