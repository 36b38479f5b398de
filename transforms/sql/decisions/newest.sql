-- One row per decision: `place` 1 for the newest that counts per subject, `problem` for what does not count.
with listed as (
    select distinct practice_id from staff
),

checked as (
    select
        g.* exclude (record_problem),
        case
            when l.practice_id is null then g.record_problem
            when s.user_id is null
                then concat(g.decided_by, ' is not in the staff list: an Administrator must decide.')
            when coalesce(s.hq_role, 'none') not in ('admin', 'master_admin')
                then concat(
                    g.decided_by, ' has the Xero HQ role ', coalesce(s.hq_role, 'none'),
                    ': it takes Administrator or Master Administrator.'
                )
            when not coalesce(s.xpm_edit_all, false)
                then concat(g.decided_by, ' lacks Edit-All in Practice Manager: somebody with it must.')
            else g.record_problem
        end as problem
    from given as g
    left join listed as l on g.practice_id = l.practice_id -- many to at most one
    left join staff as s on g.practice_id = s.practice_id and g.decided_by = s.user_id -- many to at most one
),

ranked as (
    select
        *,
        row_number() over newest as place,
        first_value(decided_at) over newest as newest_at,
        first_value(content) over newest as newest_content
    from checked
    where problem is null
    window newest as (
        partition by practice_id, decision, subject_key
        order by decided_at desc, content asc, decided_by asc
    )
)

select
    * exclude (newest_at, newest_content, problem),
    case
        when place > 1 and decided_at = newest_at and content <> newest_content
            then concat('At the same instant "', newest_content, '" was decided and is taken: decide again.')
    end as problem
from ranked
union all by name
select
    *,
    null::bigint as place
from checked
where problem is not null
