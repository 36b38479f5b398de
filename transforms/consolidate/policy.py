"""What each policy would do with each record, and what stands against it.

One function plans today, simulates the other policies, and answers "what if this question were answered with
yes": they cannot come apart.
"""

from dataclasses import dataclass

import duckdb
import polars as pl

from transforms.consolidate.joined import Records, rows_at, tax_pairs
from transforms.sql import Frames, run_sql


@dataclass(frozen=True)
class Options:
    """Configuration of consolidation."""

    include_prospects: bool = False
    """Whether prospects count as clients."""


POLICIES = ("all_hq", "all_xpm", "selection")
_RIDS = 2**31
"""More than there are records: seniority and rid go as one number."""
_WARNINGS = {
    "loses_custom_fields": "custom_lost",
    "drops_working_clients": "dropped",
    "invited_organisation": "invited",
    "keeps_duplicates": "duplicates_left",
    "organisations_on_both_sides": "sharing_clients",
    "orphans_organisations": "orphaned",
}
"""Code of each warning, and the count that gives it (contract, Warnings)."""
_LIVE, _PRODUCT = pl.col("live"), pl.col("product")


def plan(member: pl.DataFrame) -> pl.DataFrame:
    """Policy × row of `member`, in order: outcome, target (rid it becomes), lives (whether that survives).

    And of the whole set `undecided`, and `kept_twice`: whether a record of each list survives. `member` holds
    the sets of joined records: today's, or those that would stand if a question were answered with yes.
    """
    rows = member.join(_sets(member), on="set_id", how="left", maintain_order="left")  # many to one
    return pl.concat(_planned(rows, policy) for policy in POLICIES)


def under_own_policy(plan: pl.DataFrame, chosen: pl.DataFrame) -> pl.DataFrame:
    """Per record, in the order of `rid`, its row of `plan` under its practice's policy; empty without one.

    `plan`: of all records; `chosen`: practice, policy.
    """
    records = plan.height // len(POLICIES)
    first = {policy: place * records for place, policy in enumerate(POLICIES)}
    rows = plan.select("practice", "rid").head(records)
    rows = rows.join(
        chosen.select("practice", first=pl.col("policy").replace_strict(first, return_dtype=pl.Int64)),
        on="practice",
        how="left",
        maintain_order="left",
    )
    return rows_at(plan, rows.select(pl.col("first") + pl.col("rid")).to_series())


def _sets(member: pl.DataFrame) -> pl.DataFrame:
    """Per set the record of each list that stands for the client: the senior one, and the senior kept one."""
    place = pl.col("seniority") * _RIDS + pl.col("rid")
    senior = {product: pl.when("live", _PRODUCT.eq(product)).then(place) for product in ("hq", "xpm", "tax")}
    selected = {f"{name}_selected": pl.when("keep").then(senior[name]) for name in ("hq", "xpm")}
    told = member.select(
        "set_id",
        **senior,
        **selected,
        has_hq=_PRODUCT == "hq",
        has_xpm=_PRODUCT == "xpm",
        is_open=pl.col("needs") & pl.col("keep").is_null(),
    )
    firsts = pl.col(*senior, *selected).min() % _RIDS
    return told.group_by("set_id").agg(firsts, pl.col("has_hq", "has_xpm", "is_open").max())


def _planned(rows: pl.DataFrame, policy: str) -> pl.DataFrame:
    """What becomes of each record under one policy; under `selection` one kept goes before the senior one."""
    hq, xpm, never = pl.col("hq"), pl.col("xpm"), pl.lit(False)
    hq_kept = {"all_hq": hq, "selection": pl.col("hq_selected")}
    xpm_kept = {"all_xpm": xpm, "selection": pl.col("xpm_selected")}
    by_hq, by_xpm = (kept[policy].is_not_null() if policy in kept else never for kept in (hq_kept, xpm_kept))
    if policy == "selection":
        hq, xpm = pl.coalesce("hq_selected", "hq"), pl.coalesce("xpm_selected", "xpm")
    target = (
        pl.when(_PRODUCT == "hq")
        .then(pl.when(by_xpm & ~by_hq).then(xpm).otherwise(hq))
        .when((_PRODUCT == "xpm") | pl.col("has_xpm"))
        .then(pl.when(by_hq & ~by_xpm).then(hq).otherwise(xpm))
        .when("has_hq")
        .then(hq)
        .otherwise("tax")
    )
    # A Tax record is left out with its Practice Manager client.
    left_out = (_PRODUCT == "tax") & pl.col("has_xpm") & xpm.is_null()
    return rows.select(
        pl.lit(policy).alias("policy"),
        *("practice", "set_id", "rid"),
        undecided=pl.col("is_open") & ~by_hq & ~by_xpm if policy == "selection" else never,
        kept_twice=by_hq & by_xpm,
        target=pl.when(_LIVE & ~left_out).then(target),
        kept=by_hq | by_xpm | ~(pl.col("has_hq") | pl.col("has_xpm")),
    ).select(
        pl.exclude("kept"),
        outcome=pl.when(pl.col("target").is_null())
        .then(pl.lit("excluded"))
        .when(pl.col("target") != pl.col("rid"))
        .then(pl.lit("merged"))
        .when("kept")
        .then(pl.lit("survivor"))
        .otherwise(pl.lit("archived")),
        lives=pl.col("kept") & pl.col("target").is_not_null(),
    )


def what_if(records: Records, today: pl.DataFrame, asked: pl.DataFrame) -> pl.DataFrame:
    """Policy × question: whether a yes would change anything, a survivor, or an organisation's client.

    And what becomes of both records then and now: left_then, left_then_rid (the record it becomes) ….

    `asked`: one row per open pair: question, left_rid, right_rid. Each question is looked at by itself.
    """
    sides = pl.concat(asked.select("question", rid=side) for side in ("left_rid", "right_rid"))
    sets = sides.select("question", set_id=records.record["set_id"].gather(sides["rid"])).unique()
    supposed = sets.join(records.member, on="set_id")  # many to many: each set of each question
    supposed = supposed.with_columns(set_id=pl.col("question")).drop("question")
    concerned = pl.concat([supposed["rid"], records.holder["rid"]]).unique()
    today = today.filter(pl.col("rid").is_in(concerned.implode()))
    fate = pl.when("undecided").then(pl.lit("undecided")).otherwise("outcome")
    columns = ("policy", "rid", "outcome", "target", "lives", "undecided")
    now = today.select(*columns, fate=fate)
    then = plan(supposed).select(*columns, fate=fate, question="set_id")
    both = then.join(now, on=["policy", "rid"], suffix="_now")  # many to one
    open_now, survives = pl.col("undecided_now"), pl.col("outcome") == "survivor"
    differs = (pl.col("outcome") != pl.col("outcome_now")) | pl.col("target").ne_missing(pl.col("target_now"))
    effect = both.group_by("policy", "question").agg(
        # While a selection is open, it hangs on the answer too: one selection then decides for both records.
        changes=(differs | open_now).any(),
        decides_survivor=((survives != (pl.col("outcome_now") == "survivor")) | open_now).any(),
    )
    decided = _moved_organisations(records.holder, then, now).with_columns(decides_organisation=True)
    effect = effect.join(decided, on=["policy", "question"], how="left")  # one to at most one
    for side in ("left", "right"):
        names = {f"{side}_then": "fate", f"{side}_then_rid": "target"}
        names |= {f"{side}_now": "fate_now", f"{side}_now_rid": "target_now"}
        record = asked.select("question", rid=f"{side}_rid")
        of = both.join(record, on=["question", "rid"]).select("policy", "question", **names)  # many to one
        effect = effect.join(of, on=["policy", "question"])  # one to one
    return effect.with_columns(pl.col("decides_organisation").fill_null(False))


def _moved_organisations(holder: pl.DataFrame, then: pl.DataFrame, now: pl.DataFrame) -> pl.DataFrame:
    """policy, question: those whose yes changes on which clients an organisation would be.

    `then`: policy, question, rid and its fate after a yes; `now`: the same without one.
    """
    held = holder.select("practice", "organisation_id", "rid")
    one, organisation = then.filter(pl.col("policy") == POLICIES[0]), ["practice", "organisation_id"]
    touched = one.select("question", "rid").join(held, on="rid").drop("rid").unique()  # many to many
    holders = touched.join(held, on=organisation)  # one to many
    placed = holders.join(now, on="rid").join(  # many to one per policy
        then,
        on=["policy", "question", "rid"],
        how="left",
        suffix="_then",  # many to at most one
    )
    today = pl.when("lives").then("target")
    after = pl.when(pl.col("lives_then").is_null()).then(today).when("lives_then").then("target_then")
    clients = placed.group_by("policy", "question", *organisation).agg(
        today=today.drop_nulls().unique().sort(), after=after.drop_nulls().unique().sort()
    )
    return clients.filter(pl.col("today") != pl.col("after")).select("policy", "question").unique()


def facts(records: Records, frames: Frames) -> pl.DataFrame:
    """Practice number × policy: counts of survivors, archived, undecided, duplicates kept, and every warning.

    `frames`: `plan`, `dropped`, `lost` (of `values_lost`), `followed` (of `outlook.followed`).
    """
    keys, lost = ["policy", "practice"], frames["lost"]
    example = pl.format(
        "{} (jobs: {}, Tax records: {})", "source_id", "jobs", pl.col("tax_client_ids").list.len()
    )
    losing = (
        frames["dropped"]
        .group_by(keys)
        .agg(dropped=pl.len().cast(pl.Int64), dropped_examples=example.sort().head(3).str.join(", "))
    )
    followed = frames["followed"].rename({"questions": "link_questions"})
    custom = lost.filter(field="custom_fields").select(*keys, custom_lost="lost")
    counts = _counted(records, frames["plan"])
    for more in (losing, custom, followed, _sharing(records, frames["plan"])):
        counts = counts.join(more, on=keys, how="left")  # one to at most one
    counts = counts.with_columns(pl.selectors.integer().fill_null(0))
    counts = counts.with_columns(pl.col("custom_lost") + pl.col("custom_archived")).drop("custom_archived")
    codes = [pl.when(pl.col(count) > 0).then(pl.lit(code)) for code, count in _WARNINGS.items()]
    return counts.with_columns(warnings=pl.concat_list(codes).list.drop_nulls())


def _sharing(records: Records, plan: pl.DataFrame) -> pl.DataFrame:
    """policy, practice, sharing_clients: who would have different organisations from several records."""
    held = plan.filter("lives", pl.col("rid").is_in(records.holder["rid"].implode()))
    held = held.select("policy", "rid", "target").join(records.holder, on="rid")  # many to one per policy
    several = held.group_by("policy", "practice", "target").agg(
        pl.col("organisation_id", "rid").n_unique() > 1
    )
    shared = several.filter("organisation_id", "rid").group_by("policy", "practice")
    return shared.agg(sharing_clients=pl.len().cast(pl.Int64))


def _counted(records: Records, plan: pl.DataFrame) -> pl.DataFrame:
    """Policy × practice: how many records and clients become what."""
    custom, access = records.clients["custom_fields"], records.record["organisation_access"]
    custom, invited = custom.is_not_null() & (custom != "{}"), (access == "invited").fill_null(False)
    became, client = pl.col("outcome"), pl.col("rid") == pl.col("set_id")  # one of the rids of each client
    archived = became == "archived"
    told = plan.select(
        *("policy", "practice"),
        kept=became == "survivor",
        archived=archived,
        # Custom fields live in Practice Manager only: an archived client loses them there.
        custom_archived=archived & custom.gather(plan["rid"]),
        # A client that the practice is only invited to cannot be merged in Xero HQ (help pages on merging).
        invited=became.is_in(["merged", "archived"]) & invited.gather(plan["rid"]),
        undecided=client & pl.col("undecided"),
        duplicates_left=client & pl.col("kept_twice"),
    )
    return told.group_by("policy", "practice").agg(pl.all().sum().cast(pl.Int64))


def dropped(records: Records, today: pl.DataFrame, jobs: pl.DataFrame) -> pl.DataFrame:
    """Policy × working client of which no Practice Manager record would survive, with what hangs on it.

    Gives policy, practice, rid, source_id, jobs, tax_client_ids, outcome, target. `jobs`: table `xpm_jobs`.
    """
    record = records.record
    working = record.filter("works").select("practice_id", "rid", ClientUUID="source_id")
    rows = today.filter(~pl.col("undecided"), pl.col("rid").is_in(working["rid"].implode()))
    # A working client is active, so it becomes a record of its own list wherever one of that list is kept.
    on_xpm = record["product"].gather(rows["target"]) == "xpm"
    rows = rows.filter(~(pl.col("lives") & on_xpm))
    rows = rows.with_columns(source_id=record["source_id"].gather(rows["rid"]))
    named = jobs.select("practice_id", "ClientUUID").join(working, on=["practice_id", "ClientUUID"])
    hanging = named.group_by("rid").agg(jobs=pl.len().cast(pl.Int64))
    return (
        rows.join(hanging, on="rid", how="left")  # many to at most one
        .join(_taxes(records), on="rid", how="left")  # many to at most one
        .select(
            *("policy", "practice", "rid", "source_id"),
            pl.col("jobs").fill_null(0),
            pl.col("tax_client_ids").fill_null([]),
            *("outcome", "target"),
        )
    )


def _taxes(records: Records) -> pl.DataFrame:
    """rid, tax_client_ids: the Tax records that are one client with a working one, or hang on it, by id."""
    record, pair = records.record, ("rid", "tax_rid")
    tax = record.filter(pl.col("product") == "tax").select("set_id", tax_rid="rid")
    joined = record.filter("works").select("set_id", "rid").join(tax, on="set_id")  # one to many
    hanging = tax_pairs(record, records.edges).select(rid="left_rid", tax_rid="right_rid")
    tied = pl.concat([joined.select(pair), hanging]).unique().sort(pair)
    ids = tied.select("rid", tax_client_ids=record["source_id"].gather(tied["tax_rid"]))
    return ids.group_by("rid").agg("tax_client_ids")


def verdict(con: duckdb.DuckDBPyConnection, frames: Frames, counts: pl.DataFrame) -> pl.DataFrame:
    """Table `practice_verdict`, from the counts of `facts` with practice ids and the effective policies."""
    return run_sql(con, "consolidate/verdict", {**frames, "facts": counts})
