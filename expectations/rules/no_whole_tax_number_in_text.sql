-- No text that leaves the run holds a whole tax number of a client of the practice.
-- severity: critical
-- table: unified_client
with known as (
    select distinct practice_id, translate(tax_number, ' ./-kK', '') as digits
    from source_client
    where
        regexp_full_match(tax_number, '[0-9 ./-]{8,}[kK]?')
        and not regexp_full_match(tax_number, '[0 ./-]*|[1 ./-]*|[9 ./-]*') -- nobody's number
),

texts as (
    select
        practice_id,
        'unified_client' as found_in,
        client_id as id,
        concat_ws(
            chr(10), name, other_name, address_line, postal_address_line, notes, custom_fields, settings
        ) as content
    from unified_client
    union all
    select practice_id, 'field_value', client_id || ' ' || field, value
    from field_value
    where field not in ('phone', 'phones', 'business_number', 'company_number')
    union all
    select practice_id, 'unified_contact', contact_id, concat_ws(chr(10), name, salutation, addressee)
    from unified_contact
    union all
    select practice_id, 'unified_group', group_id, name from unified_group
    union all
    select practice_id, 'review_item', item_id, concat_ws(chr(10), why, consequences) from review_item
    union all
    -- as in field_value: what is no tax number may have the digits of one
    select practice_id, 'review_item', item_id, regexp_replace(
        concat_ws(chr(10), left_record, right_record),
        '"(phones|business_number|company_number)":"[^"]*"', '', 'g'
    ) from review_item
    union all
    select practice_id, 'quarantine', concat_ws(' ', file, line, "column"), value from quarantine
    union all
    select practice_id, 'dropped_link', concat_ws(' ', kind, source_id, source_client_id), reason
    from dropped_link
),

-- runs of digits: 123 456 789, 123-456-789, 123456789
runs as (
    select distinct
        practice_id,
        found_in,
        id,
        unnest(regexp_extract_all(content, '[0-9](?:[ ./-]?[0-9]){7,}')) as run
    from texts
    where regexp_matches(content, '[0-9](?:[ ./-]?[0-9]){7}')
),

parts as (
    select practice_id, found_in, id, regexp_split_to_array(run, '[ ./-]') as part
    from runs
),

firsts as (
    select practice_id, found_in, id, part, unnest(range(1, len(part) + 1)) as first_part
    from parts
),

candidates as (
    select
        practice_id,
        found_in,
        id,
        unnest([array_to_string(part[first_part:n], '') for n in range(first_part, len(part) + 1)]) as digits
    from firsts
)

select distinct practice_id, found_in, id
from candidates
semi join known using (practice_id, digits)
