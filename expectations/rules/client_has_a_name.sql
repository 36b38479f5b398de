-- A client shows a name.
-- severity: warning
-- table: unified_client
select practice_id, client_id
from unified_client
where coalesce(trim(name), '') = ''
