-- key_bucket: one row per value of a key in a partition: records, and whether it is used.
create or replace temp table key_bucket as
select
    key, any_value(number) as number, count(*) as records,
    count(*) * (count(*) - 1) / 2 <= any_value(most) as used
from record_key
inner join key_kind using (number)
group by key;

-- key_match: one row per match and key that finds it.
create or replace temp table key_match as
select distinct found_match.l, found_match.r, a.number
from found_match
inner join record_key as a on a.rid = found_match.l
inner join record_key as b on b.rid = found_match.r and b.key = a.key
inner join key_bucket on key_bucket.key = a.key and key_bucket.used;

-- key_match_finders: one row per match that any key finds: how many keys do.
create or replace temp table key_match_finders as
select l, r, count(*) as finders
from key_match
group by all;

-- One row per key.
with bucketed as (
    select
        number, sum(records) as records, count(*) filter (not used) as dropped,
        sum(records * (records - 1) / 2) filter (used) as pairs
    from key_bucket
    group by number
),

matched as (
    select number, count(*) as matches, count(*) filter (finders = 1) as alone
    from key_match
    inner join key_match_finders using (l, r)
    group by number
)

select
    number::uinteger as number, records::bigint as records, dropped::bigint as dropped,
    coalesce(pairs, 0)::bigint as pairs, coalesce(matches, 0)::bigint as matches,
    coalesce(alone, 0)::bigint as alone
from bucketed
left join matched using (number)
