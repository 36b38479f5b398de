-- One row per record: its values of {column} by how many records of a list hold each.
with held as (
    select rid, part_no, list, unnest({column}) as value
    from unsplit
),

sizes as (
    select part_no, list, count(*) as records
    from unsplit
    group by all
),

counts as (
    select held.part_no, held.value, max(held.n) as n, bool_or(held.n > greatest($few, sizes.records * 0.02)) as hub
    from (select part_no, list, value, count(*) as n from held group by all) as held
    inner join sizes using (part_no, list)
    group by all
),

split as (
    select
        held.rid,
        list(held.value order by held.value) filter (counts.n <= $own) as own,
        list(held.value order by held.value) filter (counts.n > $own and not counts.hub) as family
    from held
    inner join counts using (part_no, value)
    group by held.rid
)

select
    unsplit.rid,
    coalesce(split.own, []::varchar[]) as {column}_own,
    coalesce(split.family, []::varchar[]) as {column}_family
from unsplit
left join split using (rid)
