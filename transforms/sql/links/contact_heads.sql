-- One row per contact that lives on: the contact that its person stands on (of the product that the policy
-- keeps, then the fuller, then the smaller id, which is the smaller number), and that one's stable id.
with headed as (
    select
        *,
        first_value(contact_no) over (
            partition by person order by on_kept_product desc, fullness desc, contact_no
        ) as head_no
    from contact_record
)

select
    contact_no, person, record, clue, head_no,
    case
        when contact_no = head_no
            then 'p_' || left(md5(practice_id || '|' || product || '|' || source_id), 20)
    end as contact_id
from headed
