-- One row per group read of a practice with a plan: what became of it. A set of same-named groups lives where
-- any member of it does.
select
    g.practice_id, g.product, 'group' as entity, g.source_id,
    case when l.set_no is not null then g.group_id end as unified_id,
    case when l.set_no is null then 'dropped' when g.is_head then 'survivor' else 'merged' end as outcome,
    case
        when l.set_no is null then 'None of its members lives on.'
        when g.is_head then 'It is kept as a group.'
        else 'It has the name of '
            || case g.head_product when 'hq' then 'Xero HQ' else 'Practice Manager' end
            || ' group ' || g.head_id
            || case when g.has_members then ', and a member in common.' else ', and no member that lives on.' end
    end as reason
from group_head as g
left join living_set as l on g.set_no = l.set_no
