-- A client is archived where no record survives, or the survivor is archived at its source, else active.
-- severity: critical
-- table: unified_client
with expected as (
    select
        line.practice_id,
        line.unified_id as client_id,
        case
            when line.outcome = 'archived' or record.state = 'archived' then 'archived'
            else 'active'
        end as state
    from crosswalk as line
    inner join source_client as record -- one to one
        on
            line.practice_id = record.practice_id
            and line.product = record.product
            and line.source_id = record.source_id
    where line.entity = 'client' and line.outcome in ('survivor', 'archived')
)

select distinct client.practice_id, client.client_id
from unified_client as client
inner join expected using (practice_id, client_id) -- one to many: archived records that are one client
where client.state <> expected.state
