-- Two survivors share a whole tax number only under other branch numbers, or while a question blocks for it.
-- severity: critical
-- table: unified_client
with waiting as ( -- for a list: it is asked nothing, and not published
    select practice_id from intake where not accepted
),

numbers as (
    select
        fate.practice_id,
        fate.client_id,
        translate(record.tax_number, ' ./-kK', '') as digits, -- a UTR ends in K
        nullif(ltrim(record.branch_number, '0'), '') as branch
    from source_client as record
    inner join client_fate as fate using (practice_id, product, source_id) -- one to one
    where fate.client_id is not null and regexp_full_match(record.tax_number, '[0-9 ./-]{8,}[kK]?')
),

shared as (
    select practice_id, digits
    from numbers
    where
        length(digits) between 8 and 10
        and translate(digits, digits[1], '') <> '' -- 000000000 and the like get people past a form
        and digits not in ('123456789', '123456782', '987654321', '12345678', '1234567890')
    group by practice_id, digits
    having min(client_id) <> max(client_id)
),

survivors as (
    select distinct numbers.practice_id, numbers.client_id, numbers.digits, numbers.branch
    from shared
    inner join numbers using (practice_id, digits) -- one to many: the clients that share it
    semi join crosswalk as line
        on
            numbers.practice_id = line.practice_id
            and numbers.client_id = line.unified_id
            and line.entity = 'client'
            and line.outcome = 'survivor'
    qualify
        branch is not null
        or count(branch) over (partition by numbers.practice_id, numbers.client_id, digits) = 0
),

asked as (
    select distinct item.practice_id, fate.client_id
    from review_item as item
    inner join client_fate as fate -- one to many: both subjects
        on
            item.practice_id = fate.practice_id
            and (
                (fate.product = item.left_product and fate.source_id = item.left_id)
                or (fate.product = item.right_product and fate.source_id = item.right_id)
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
        and (one.branch = other.branch or one.branch is null or other.branch is null)
left join asked as first on one.practice_id = first.practice_id and one.client_id = first.client_id
left join asked as second on other.practice_id = second.practice_id and other.client_id = second.client_id
anti join waiting on one.practice_id = waiting.practice_id
where first.client_id is null or second.client_id is null
