-- One row per source client of a batch, with the columns that comparisons and blocking read.
with link as (
    select
        practice_id, hq_client_id, xpm_client_uuid,
        md5(hq_client_id || chr(31) || xpm_client_uuid)[:16] as link_id
    from client_sync
),

linked as (
    select practice_id, 'hq' as product, hq_client_id as source_id, list(distinct link_id order by link_id) as sync
    from link
    group by all
    union all
    select practice_id, 'xpm', xpm_client_uuid, list(distinct link_id order by link_id)
    from link
    group by all
),

-- "Smith Nominees Pty Ltd ATF Smith Family Trust" in a trust's record is the Smith Family: the trustee's name
-- is one that several trusts, funds and the company itself go by.
named as (
    select
        *,
        trustee_for is not null and structure in ('trust', 'super_fund', 'unknown') as held,
        -- HQ knows no super funds: there they are trusts that say so in their name.
        case
            when structure = 'trust' then legal_form is not distinct from 'super_fund'
            or regexp_matches(full_name, '\b(super|superannuation|super fund|superannuation fund|smsf|s f)$')
        end as fund,
        -- "Neville & Samantha Anderson" of no known structure is a couple, not Neville of middle name Samantha.
        entity_type = 'unknown' and coalesce(organisation_name like '% and %', false) as couple
    from comparable
)

select
    c.practice_id as part,
    list_position(['hq', 'xpm', 'tax'], c.product) - 1 as list,
    c.source_id as id,
    case when c.couple then 2 when c.entity_type = 'person' then 1 when c.entity_type = 'organisation' then 2 else 0 end
        as entity,
    case when c.fund then 'super_fund' else c.structure end as structure,
    case when not c.couple then c.given_name end as given,
    case when not c.couple then c.middle_name end as middle,
    case when not c.couple then c.family_name end as family,
    source.middle_name is null or contains(trim(source.first_name), ' ') as middle_of_given,
    c.name_suffix as suffix,
    c.full_name as whole,
    case when c.held then c.trustee_for else c.organisation_name end as org,
    case
        when c.held then nullif(array_to_string(regexp_extract_all(c.trustee_for, '\d+'), ' '), '') else c.name_numbers
    end as org_numbers,
    case when c.held then c.organisation_name else c.trustee_for end as trustee,
    c.trading_as as trading,
    coalesce(c.date_of_birth, births.date_of_birth)::varchar as dob,
    case when births.date_of_birth is not null then 'from the Tax record' end as dob_from,
    list_filter(c.emails, x -> not list_contains(coalesce(own.own_emails, []), x)) as emails,
    list_filter(c.phones, x -> not list_contains(coalesce(own.own_phones, []), x)) as phones,
    c.websites,
    case when c.address is distinct from own.own_address then c.house_number end as house,
    case when c.address is distinct from own.own_address then c.street end as street,
    c.city,
    c.post_code,
    c.region,
    c.tax_number,
    c.tax_last3,
    c.business_number,
    c.branch_number,
    c.company_number,
    coalesce(linked.sync, []::varchar[]) as sync,
    coalesce(books.organisations, []::varchar[]) as organisations,
    coalesce(people.people, []::varchar[]) as people,
    coalesce(people.people_names, []::varchar[]) as people_names,
    source.state
from named as c
left join own using (practice_id)
left join source_client as source using (practice_id, product, source_id)
left join linked using (practice_id, product, source_id)
left join books using (practice_id, product, source_id)
left join births using (practice_id, product, source_id)
left join people using (practice_id, product, source_id)
