-- No text that leaves the run holds a whole tax number of a client of the practice.
-- severity: critical
-- table: unified_client
with known as (
    select practice_id, ltrim(regexp_replace(if( -- `translate` takes long, and few letters are wide
        strlen(tax_number) > length(tax_number), translate(tax_number, '０１２３４５６７８９', '0123456789'),
        tax_number
    ), '[^0-9]', '', 'g'), '0') as digits
    from source_client where not regexp_full_match(tax_number, '[0 ./-]*|[1 ./-]*|[9 ./-]*') -- nobody's
),

-- Not read: ids, sentences that quote nothing but ids, and what is no tax number but may look like one.
texts as (
    select practice_id, 'unified_client' as found_in, client_id as id, concat_ws(
        '|', name, business_structure, first_name, middle_name, last_name, other_name, email,
        emails::varchar, websites::varchar, address_line, city, region, post_code, postal_address_line,
        postal_city, postal_region, postal_post_code, tax_number_masked, branch_number, client_code, notes,
        custom_fields, settings, translate(company_number, ' ./-', ''), translate(business_number, ' ./-', '')
    ) as content from unified_client
    union all
    select practice_id, 'field_value', client_id || ' ' || field,
        if(field in ('business_number', 'company_number'), translate(value, ' ./-', ''), value)
    from field_value where field not in ('phone', 'phones', 'date_of_birth')
    union all
    select practice_id, 'unified_contact', contact_id,
        concat_ws('|', name, first_name, last_name, salutation, addressee, email) from unified_contact
    union all
    select practice_id, 'client_contact', contact_id || ' ' || client_id, position from client_contact
    union all
    select practice_id, 'unified_group', group_id, concat_ws('|', name, taxable) from unified_group
    union all
    select practice_id, 'relationship', relationship_id, type from relationship
    union all
    select practice_id, 'organisation_link', organisation_id, organisation_name from organisation_link
    union all
    select practice_id, 'review_item', item_id, concat_ws('|', why, consequences, regexp_replace(
        concat_ws(chr(10), left_record, right_record),
        '"(phones|date_of_birth|business_number|company_number)":"[^"]*"', '', 'g')) from review_item
    union all
    -- of the evidence: values with a letter that no UUID holds, and the numbers that are to be masked; each
    -- pattern begins with plain text, which is found several times as fast
    select practice_id, 'match', concat_ws(' ', left_id, right_id), array_to_string(regexp_extract_all(
        evidence, 't": "(?:\\"|[^"])*(?:[g-z](?:\\"|[^"])*[0-9](?:[ ./-]?[0-9]){7}'
        || '|[0-9](?:[ ./-]?[0-9]){7}(?:\\"|[^"])*[g-z])(?:\\"|[^"])*'
    ) || regexp_extract_all(evidence, 'x_number", "level[^}]*[0-9]{7}[^}]*')
    || regexp_extract_all(evidence, 'y_number", "level[^}]*[0-9]{7}[^}]*'), chr(10)) from match
    union all
    select practice_id, 'policy_drop', policy || ' ' || xpm_client_uuid, name from policy_drop
    union all
    select practice_id, 'quarantine', concat_ws(' ', file, line, "column"), concat_ws('|', value, reason)
    from quarantine
    union all
    select practice_id, 'intake', product || ' ' || entity, reason from intake
    union all
    select practice_id, 'dropped_link', concat_ws(' ', kind, source_id, source_client_id), reason
    from dropped_link
),

-- runs of digits, whatever is between them but letters and the marks of JSON and of lists
runs as (
    select practice_id, found_in, id, unnest(regexp_extract_all(
        content, '[0-9０-９](?:(?:[^A-Za-z0-9０-９"\[\]{}*:;|]|\\[nrt])*[0-9０-９]){7,}'
    )) as run from texts
),

parted as ( -- in few of them is anything wide: other digits, or a letter, which parts them for good
    select practice_id, found_in, id, regexp_split_to_array(if(strlen(run) > length(run), regexp_replace(
        translate(run, '０１２３４５６７８９', '0123456789'), '[^\x00-\x7F\PL]|[^\x00-\x7F\PN]', ' x ', 'g'
    ), run), '[^0-9x]+') as part from runs
),

candidates as (
    select practice_id, found_in, id, unnest([
        ltrim(array_to_string(part[i:n], ''), '0') for n in range(i, least(len(part), i + 10) + 1)
    ]) as digits
    from (select *, unnest(range(1, len(part) + 1)) as i from parted)
)

select practice_id, found_in, id -- not distinct: to count them, no id need be spelled
from candidates semi join known using (practice_id, digits) where length(digits) >= 8
