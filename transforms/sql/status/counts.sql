-- One row per practice of `practices`: what was matched, asked, quarantined and rejected.
with pairs as (
    select
        practice_id,
        count(*) filter (where band = 'exact') as matched,
        count(*) filter (where band = 'near') as near,
        -- Sums of decimals are exact, so they do not hang on the order of the rows.
        -- A join that only what people said of other pairs made likely keeps its own probability in `match`.
        sum((1 - probability)::decimal(12, 9))
            filter (where band = 'exact' and decided_by <> 'person' and probability > 0.5) as wrong,
        sum(probability::decimal(12, 9)) filter (where band = 'near') as missed
    from match
    group by practice_id
),

asked as (
    select practice_id, count(*) as questions, count(*) filter (where blocking) as blocking_questions
    from review_item
    group by practice_id
),

unusable as (
    select practice_id, count(*) as quarantined
    from quarantine
    group by practice_id
),

rejected as (
    select practice_id, count(*) as rejected_decisions
    from rejected_decision
    group by practice_id
)

select
    p.practice_id,
    coalesce(m.matched, 0) as matched,
    coalesce(m.near, 0) as near,
    round(coalesce(m.wrong, 0), 6)::double as expected_wrong_joins,
    round(coalesce(m.missed, 0), 6)::double as expected_missed_joins,
    coalesce(a.questions, 0) as questions,
    coalesce(a.blocking_questions, 0) as blocking_questions,
    coalesce(u.quarantined, 0) as quarantined,
    coalesce(r.rejected_decisions, 0) as rejected_decisions
from practices as p
left join pairs as m using (practice_id)
left join asked as a using (practice_id)
left join unusable as u using (practice_id)
left join rejected as r using (practice_id)
