-- Two records of one Xero HQ or Practice Manager list become one client only where people's answers tie them.
-- severity: critical
-- table: crosswalk
with recursive doubled as (
    select practice_id, client_id, product, min(source_id) as first_id
    from client_fate
    where client_id is not null and product <> 'tax' -- several Tax records may hang on one client
    group by practice_id, client_id, product
    having count(*) > 1
),

said as (
    select
        practice_id,
        left_product as product,
        left_id as source_id,
        right_product as to_product,
        right_id as to_id
    from match
    where band = 'exact' and decided_by = 'person'
),

ways as (
    select practice_id, product, source_id, to_product, to_id from said
    union all
    select practice_id, to_product, to_id, product, source_id from said
),

-- whatever answers tie to the first record, directly or through others, of whichever list
tied as (
    select practice_id, product as list, first_id, product, first_id as source_id from doubled
    union
    select tied.practice_id, tied.list, tied.first_id, ways.to_product, ways.to_id
    from tied
    inner join ways using (practice_id, product, source_id) -- one to many
)

select fate.practice_id, fate.client_id, fate.product, fate.source_id
from client_fate as fate
inner join doubled using (practice_id, client_id, product) -- many to one
anti join tied
    on
        fate.practice_id = tied.practice_id
        and doubled.first_id = tied.first_id
        and fate.product = tied.list
        and fate.product = tied.product
        and fate.source_id = tied.source_id
