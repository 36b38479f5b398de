-- one row per open question of the practices asked for (of every practice where none is named): those that
-- block first, the practices with the most clients per minute of what blocks them ahead
with blocked as (
    select
        practice_id,
        sum(minutes) filter (where blocking) as blocking_minutes
    from review_item
    group by practice_id
)

select
    q.* exclude (run_id),
    s.practice_name
from review_item as q
inner join blocked as b on q.practice_id = b.practice_id -- many to one
inner join practice_status as s on q.practice_id = s.practice_id -- many to one
where coalesce(list_contains($practice_ids::varchar[], q.practice_id), true)
order by
    q.blocking desc,
    case
        when q.blocking then (s.hq_clients + s.xpm_clients) / b.blocking_minutes else q.unlocks_per_minute
    end desc,
    q.practice_id,
    q.rank
