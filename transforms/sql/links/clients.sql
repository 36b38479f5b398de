-- One row per source client of a practice with a plan: the unified client it became, the product whose links
-- come first there (Tax shares Practice Manager's client store), and why nothing can follow it where it
-- became none. `lives`: whether that client is kept, not archived. `client_no` stands for practice and client
-- within this run: only its equality means anything.
with standing as (
    select
        practice_id,
        client_id,
        min(case product when 'hq' then 'hq' else 'xpm' end) as stands_on,
        bool_or(outcome = 'survivor') as lives,
        row_number() over () as client_no
    from client_fate
    where outcome in ('survivor', 'archived')
    group by practice_id, client_id
)

select
    f.practice_id,
    f.product,
    f.source_id,
    f.joined_id,
    f.outcome,
    f.client_id,
    s.client_no,
    s.stands_on,
    coalesce(s.lives, false) as lives,
    case
        when f.client_id is null then 'Its client is excluded: deleted, or a prospect, at its source.'
    end as lost
from client_fate as f
inner join link_plan as p on f.practice_id = p.practice_id and p.planned
left join standing as s on f.practice_id = s.practice_id and f.client_id = s.client_id
