-- One row per text: its MD5, of which ids and versions are made.
select
    number,
    md5(text) as hash
from texts
