-- One row per question: with both of its records as shown, and the hash that tells when they have changed.
with sided as (
    select
        q.*,
        l.shown as left_record,
        r.shown as right_record
    from question as q
    left join shown as l -- many to at most one
        on
            q.practice_id = l.practice_id and q.left_product = l.product and q.left_id = l.source_id
            and case when q.kind in ('contact', 'group') then q.kind else 'client' end = l.entity
    left join shown as r -- many to at most one
        on
            q.practice_id = r.practice_id and q.right_product = r.product and q.right_id = r.source_id
            and case when q.kind in ('contact', 'group') then q.kind else 'client' end = r.entity
)

select
    practice_id,
    item_id,
    kind,
    blocking,
    left_product,
    left_id,
    right_product,
    right_id,
    organisation_id,
    probability,
    why,
    answers,
    consequences,
    coalesce(others, []::varchar[]) as others,
    left_record,
    right_record,
    -- Of what is shown alone, where tax numbers are masked: so no number can be guessed from it.
    'v_' || substr(
        md5(concat_ws(
            '|', left_record, coalesce(right_record, ''), array_to_string(answers, ';'),
            nullif(array_to_string(others, ';'), '')
        )), 1, 16
    ) as subject_hash,
    'f_' || substr(md5(family_key), 1, 12) as family,
    minutes,
    unlocks_per_minute,
    rank,
    $run_id as run_id
from sided
