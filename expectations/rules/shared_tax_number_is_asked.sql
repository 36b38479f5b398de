-- Two survivors share a whole tax number only with different branch numbers, or while a blocking question asks about it.
-- severity: critical
-- table: unified_client
with numbers as (
    select distinct
        fate.practice_id,
        fate.client_id,
        regexp_replace(record.tax_number, '[^0-9]', '', 'g') as digits
    from client_fate as fate
    inner join source_client as record using (practice_id, product, source_id) -- one to one
    where fate.client_id is not null and regexp_matches(record.tax_number, '^[0-9 .-]{8,}$')
),

survivors as (
    select fate.practice_id, fate.client_id, numbers.digits, client.branch_number
    from client_fate as fate
    inner join numbers using (practice_id, client_id) -- one to many: a client with two numbers
    inner join unified_client as client using (practice_id, client_id) -- many to one
    where
        fate.outcome = 'survivor'
        and length(numbers.digits) between 8 and 10
        and length(replace(numbers.digits, numbers.digits[1], '')) > 0
),

asked as (
    select distinct item.practice_id, fate.client_id
    from review_item as item
    inner join client_fate as fate -- one to many: both subjects
        on
            item.practice_id = fate.practice_id
            and (fate.product, fate.source_id) in (
                (item.left_product, item.left_id), (item.right_product, item.right_id)
            )
    where item.kind = 'shared_tax_number' and item.blocking
)

select distinct one.practice_id, one.client_id, other.client_id as other_client_id
from survivors as one
inner join survivors as other -- many to many within one number: few
    on
        one.practice_id = other.practice_id
        and one.digits = other.digits
        and one.client_id < other.client_id
        and one.branch_number is not distinct from other.branch_number
left join asked as first on one.practice_id = first.practice_id and one.client_id = first.client_id
left join asked as second on one.practice_id = second.practice_id and other.client_id = second.client_id
where first.client_id is null or second.client_id is null
