-- One row per contact with at least one link that can follow its client. Its values are those of its fullest
-- such row, then of the smallest client id: the rows of one contact should hold the same.
with filled as (
    select
        practice_id, product, source_id, source_client_id,
        name, first_name, last_name, salutation, addressee, email, phone, mobile,
        (name is not null)::int + (first_name is not null)::int + (last_name is not null)::int
        + (salutation is not null)::int + (addressee is not null)::int + (email is not null)::int
        + (phone is not null)::int + (mobile is not null)::int as fullness
    from contact_row
    where follows
),

fullest as (
    select * exclude (source_client_id)
    from filled
    qualify row_number() over (
        partition by practice_id, product, source_id order by fullness desc, source_client_id
    ) = 1
)

select
    f.*,
    p.region,
    f.product = p.kept_product as on_kept_product
from fullest as f
inner join link_plan as p on f.practice_id = p.practice_id
order by f.practice_id, f.product, f.source_id
