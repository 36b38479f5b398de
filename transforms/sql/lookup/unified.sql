-- the unified client of that id, the columns that tell who it is
select
    client_id,
    state,
    name,
    business_structure,
    date_of_birth,
    email,
    phone,
    tax_number_masked,
    hq_client_id,
    xpm_client_uuid,
    tax_client_id,
    survivor_product
from unified_client
where practice_id = $practice_id and client_id = $client_id
