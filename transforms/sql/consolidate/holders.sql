-- One row per organisation and record that holds it: by decision where there is one, else by HQ and Tax.
with decided as (
    select
        e.practice_id,
        e.organisation_id,
        r.rid
    from effective_organisation as e
    left join record as r -- many to at most one
        on e.practice_id = r.practice_id and e.product = r.product and e.source_id = r.source_id
)

select
    r.practice,
    r.organisation_id,
    r.rid,
    false as decided
from record as r
left join decided as d -- many to at most one
    on r.practice_id = d.practice_id and r.organisation_id = d.organisation_id
where r.organisation_id is not null and d.organisation_id is null
union all
select
    r.practice,
    d.organisation_id,
    d.rid,
    true as decided
from decided as d
inner join record as r on d.rid = r.rid -- many to one; a decision for no client holds nothing
