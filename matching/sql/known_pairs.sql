-- judged(l, r, judgement): one row per pair that a person judged and whose records are there.
create or replace temp table judged as
select distinct least(a.rid, b.rid) as l, greatest(a.rid, b.rid) as r, judgement.judgement
from judgement
inner join prepared as a
    on a.part = judgement.practice_id
    and a.list = list_position(['hq', 'xpm', 'tax'], judgement.left_product) - 1
    and a.id = judgement.left_id
inner join prepared as b
    on b.part = judgement.practice_id
    and b.list = list_position(['hq', 'xpm', 'tax'], judgement.right_product) - 1
    and b.id = judgement.right_id
where a.rid <> b.rid;

-- tax_link(l, r): one row per Tax record whose own XPM client exists, unless a person said that it is another's.
create or replace temp table tax_link as
select xpm.rid as l, tax.rid as r
from tax_client
inner join prepared as tax
    on tax.part = tax_client.practice_id and tax.list = 2 and tax.id = tax_client.source_id
inner join prepared as xpm
    on xpm.part = tax_client.practice_id and xpm.list = 1 and xpm.id = tax_client.xpm_client_uuid
anti join judged on judged.l = xpm.rid and judged.r = tax.rid and judged.judgement = 'no_match';

-- candidate(l, r): with those pairs, without other pairs of Tax records that have a link.
create or replace temp table candidate as
select l, r from candidate
where l not in (select r from tax_link) and r not in (select r from tax_link)
union
select l, r from tax_link
union
select l, r from judged;
