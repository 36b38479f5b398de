-- One row per record that something stands on: the stable id of that thing, which begins with $prefix.
select
    number,
    $prefix || '_' || substr(md5(concat_ws('|', practice_id, product, source_id)), 1, 20) as id
from standing
