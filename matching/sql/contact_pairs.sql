-- One row per pair of prepared contacts worth comparing: of one name, or of given names that may be one (the
-- same first letter of a name, of what it is short for, or crossed) and an e-mail, a phone or a client in
-- common. A value that gives too many pairs is left out.
with keyed as (
    select part_no, rid, unnest(flatten([[v || ' ' || i for i in initials] for v in list_concat(
        emails_own, emails_family, phones_own, phones_family, clients
    )])) as key
    from prepared
    union all
    select part_no, rid, least(given, family) || ' ' || greatest(given, family) as key
    from prepared
    where given is not null and family is not null
),

bucket as (
    select list(distinct rid) as rids
    from keyed
    group by part_no, key
    having count(*) between 2 and $most
),

lefts as (
    select unnest(rids) as l, rids from bucket
),

pairs as (
    select l, unnest(rids) as r from lefts
)

select distinct l, r from pairs where l < r
