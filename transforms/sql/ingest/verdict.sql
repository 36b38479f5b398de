-- One row per row of `facts`: whether tonight's list is taken, and if not why. The first reason that applies.
with judged as (
    select
        *,
        case
            when refusal is not null then refusal
            when failed
                then 'The extract ended in ERROR: ' || coalesce(rtrim(error, '.'), 'no message') || '.'
            when is_told and row_count is not null and row_count <> rows_read + rows_quarantined
                then
                    'The extract says ' || row_count || ' rows, '
                    || (rows_read + rows_quarantined) || ' were found.'
            when is_needed and not is_delivered and row_count is null and rows_read + rows_quarantined = 0
                then 'No list was delivered.'
            when has_product and rows_read = 0 and last_rows > 0
                then 'The list is empty or absent; the last one that was taken had ' || last_rows || ' rows.'
        end as reason
    from facts
)

select
    practice_id,
    product,
    entity,
    files,
    rows_read,
    rows_quarantined,
    reason is null as accepted,
    reason,
    case when reason is null then rows_read else last_rows end as last_accepted_rows,
    $run_id as run_id
from judged
order by practice_id, product, entity
