-- One row per policy and pair of survivors with one whole tax number, unless they have branch numbers and
-- none in common (a survivor has those of all its records).
-- `plan` holds what lives, `numbered` a record per whole number. Each survivor is paired with the first of
-- its branch, so that a number on a hundred clients makes a hundred questions, not five thousand.
with every_branch as (
    select distinct
        p.policy,
        n.practice,
        n.number,
        p.target,
        n.branch
    from numbered as n
    inner join plan as p on n.rid = p.rid -- many to one per policy
),

held as (
    select *
    from every_branch
    qualify branch is not null or count(branch) over (partition by policy, practice, number, target) = 0
),

firsts as (
    select
        *,
        min(target) over (partition by policy, practice, number, branch) as first_of_branch,
        min(target) filter (where branch is null)
            over (partition by policy, practice, number) as first_without
    from held
),

paired as (
    select
        policy,
        practice,
        first_of_branch as one,
        target as other
    from firsts
    where target <> first_of_branch
    union
    select
        policy,
        practice,
        first_without as one,
        target as other
    from firsts
    where target = first_of_branch and branch is not null and first_without is not null
)

select distinct
    policy,
    practice,
    least(one, other) as left_rid,
    greatest(one, other) as right_rid
from paired
