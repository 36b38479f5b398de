-- One row per organisation that several clients hold which live on under the chosen policy: whose it may be.
with living as (
    select
        r.practice_id,
        h.organisation_id,
        p.target,
        arg_min(r.rid, r.product || ':' || r.source_id) as rid
    from holder as h
    inner join record as r on h.rid = r.rid -- many to one
    inner join plan as p on r.rid = p.rid -- many to at most one
    group by r.practice_id, h.organisation_id, p.target
),

named as (
    select
        l.practice_id,
        l.organisation_id,
        r.product || ':' || r.source_id as answer,
        r.called
    from living as l
    inner join record as r on l.rid = r.rid -- many to one
)

select
    practice_id,
    organisation_id,
    list_append(list(answer order by answer), 'none') as answers,
    string_agg(answer || ': ' || called || ' gets the link. ', '' order by answer)
    || 'none: it is linked to no client. Until one is given it is linked to none.' as consequences
from named
group by practice_id, organisation_id
