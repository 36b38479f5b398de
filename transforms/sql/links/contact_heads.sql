-- One row per contact that lives on: the contact that its person stands on (of the product that the policy
-- keeps, then the fuller, then the smaller id, which is the smaller number).
select
    contact_no,
    person,
    record,
    clue,
    first_value(contact_no) over (
        partition by person order by on_kept_product desc, fullness desc, contact_no
    ) as head_no
from contact_record
