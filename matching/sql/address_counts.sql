-- One row per record: how many records of one list share its address, and whether that makes it a hub.
with sizes as (
    select part_no, list, count(*) as records
    from unsplit
    group by all
),

counts as (
    select
        held.part_no, held.house, held.street, held.post_code,
        max(held.n) as n,
        bool_or(held.n > greatest($few, sizes.records * 0.02)) as hub
    from (
        select part_no, list, house, street, post_code, count(*) as n
        from unsplit
        where coalesce(house, street) is not null
        group by all
    ) as held
    inner join sizes using (part_no, list)
    group by all
)

select unsplit.rid, coalesce(counts.n, 0)::integer as address_count, coalesce(counts.hub, false) as address_hub
from unsplit
left join counts
    on unsplit.part_no = counts.part_no
    and unsplit.house is not distinct from counts.house
    and unsplit.street is not distinct from counts.street
    and unsplit.post_code is not distinct from counts.post_code
