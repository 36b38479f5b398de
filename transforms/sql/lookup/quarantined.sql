-- one row per value or row of this record that could not be used
select
    level,
    file,
    line,
    "column",
    reason
from quarantine
where practice_id = $practice_id and product = $product and source_id = $source_id
order by file, line, "column", reason
