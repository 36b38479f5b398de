-- One row per policy and practice: questions about contacts, by the rules of `links/contact_questions` and
-- `links/primary_questions`. Two who may be one person are not asked about as primary contacts too.
with people as (
    select distinct
        policy,
        person
    from following
),

near as (
    select
        l.policy,
        n.practice,
        n.left_person,
        n.right_person
    from contact_near as n
    inner join people as l on n.left_person = l.person -- many to one per policy
    semi join people as r on n.right_person = r.person and l.policy = r.policy
),

named as (
    select
        policy,
        practice,
        client,
        person,
        row_number() over (
            partition by policy, client order by min({'far': other_list, 'place': place})
        ) as rank
    from following
    where is_primary
    group by policy, practice, client, person
),

differing as (
    select
        a.policy,
        a.practice
    from named as a
    inner join named as b on a.policy = b.policy and a.client = b.client and a.rank = 1 and b.rank = 2
    anti join near as n
        on
            a.policy = n.policy
            and least(a.person, b.person) = n.left_person and greatest(a.person, b.person) = n.right_person
)

select
    policy,
    practice,
    count(*) as questions
from (select policy, practice from near union all select policy, practice from differing)
group by policy, practice
