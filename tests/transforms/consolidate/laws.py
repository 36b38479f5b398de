"""What must hold of the tables of one practice."""

import json
from collections import Counter
from itertools import combinations

import polars as pl

Tables = dict[str, pl.DataFrame]


def conserves_records(own: Tables) -> None:
    """Every client, contact, group and relationship that was read has exactly one outcome."""
    keys = {
        "client": [own["source_client"].select("product", "source_id")],
        "contact": [_ids(own, "hq_contacts", "hq_contact_id"), _ids(own, "xpm_contacts", "UUID")],
        "group": [_ids(own, "hq_groups", "hq_group_id"), _ids(own, "xpm_groups", "UUID")],
        "relationship": [_ids(own, "xpm_relationships", "UUID")],
    }
    for entity, read in keys.items():
        outcomes = own["crosswalk"].filter(entity=entity)
        assert sorted(pl.concat(read).rows()) == sorted(outcomes.select("product", "source_id").rows()), (
            entity
        )


def _ids(own: Tables, name: str, column: str) -> pl.DataFrame:
    return own[name].select(product=pl.lit(name.partition("_")[0]), source_id=column).unique()


def conserves_links(own: Tables) -> None:
    """Every link that was read is published or dropped, never both."""
    if set(own["client_fate"]["outcome"]) in ({"pending"}, set()):
        return
    members = [own["hq_groups"]["hq_client_ids"], own["xpm_groups"]["ClientUUIDs"]]
    read = Counter(
        contact=own["hq_contacts"].height + own["xpm_contacts"].height,
        group=sum(len(ids) for ids in pl.concat(members).to_list()),
        relationship=own["xpm_relationships"].height,
        staff=sum(len(ids or []) for ids in own["source_client"]["staff_ids"].to_list()),
    )
    ended = Counter(own["dropped_link"]["kind"].to_list())
    for kind, name in (("contact", "client_contact"), ("group", "group_member"), ("staff", "client_staff")):
        ended[kind] += own[name].height
    ended["relationship"] += own["relationship"].height
    assert +ended == +read


def shares_nothing_unasked(own: Tables) -> None:
    """Two clients that survive share no whole tax number and no organisation, unless it is asked about."""
    lives = own["client_fate"].filter(outcome="survivor")["client_id"]
    records = own["source_client"].join(own["client_fate"], on=["product", "source_id"])
    records = records.filter(pl.col("client_id").is_in(lives.implode()))
    decided = own["effective_organisation"]["organisation_id"].to_list()
    asked = own["review_item"].filter(kind="organisation")["organisation_id"].to_list()
    for organisation_id, clients in _holders(records, "organisation_id").items():
        if len(clients) > 1 and organisation_id not in decided:
            link = own["organisation_link"].filter(organisation_id=organisation_id).row(0, named=True)
            assert (link["state"], link["client_id"]) == ("conflict", None)
            assert organisation_id in asked
    linked = own["organisation_link"]["client_id"].drop_nulls().to_list()
    assert set(linked) <= set(lives)
    branches = {client: set(ids) for client, ids in _holders(records, "client_id", "branch_number").items()}
    shared = own["review_item"].filter("blocking", kind="shared_tax_number")
    told = {(row["left_id"], row["right_id"]) for row in shared.to_dicts()}
    client_of = dict(records.select("source_id", "client_id").iter_rows())
    questioned = {client_of[i] for pair in told for i in pair}
    for clients in _holders(records, "tax_number").values():
        for one, other in combinations(sorted(clients), 2):
            if not (branches.get(one) and branches.get(other)) or branches[one] & branches[other]:
                assert {one, other} <= questioned


def _holders(records: pl.DataFrame, column: str, held: str = "client_id") -> dict[str, set[str]]:
    pairs = records.select(column, held).drop_nulls().unique().iter_rows()
    found: dict[str, set[str]] = {}
    for value, holder in pairs:
        found.setdefault(value, set()).add(holder)
    return found


def was_simulated(own: Tables, policy: str) -> None:
    """The simulation of the chosen policy tells what is then published."""
    row = next(own["policy_simulation"].filter(policy=policy).iter_rows(named=True), None)
    clients = own["crosswalk"].filter(entity="client")
    assert (row is not None) == ({"hq", "xpm"} <= set(clients["product"]))
    if row is None:
        return
    lost = own["field_value"].filter(~pl.col("chosen"))
    promised = {
        "kept": (clients["outcome"] == "survivor").sum(),
        "archived": (clients["outcome"] == "archived").sum(),
        "organisations_orphaned": (own["organisation_link"]["state"] == "orphaned").sum(),
        "contacts_changed": len(_changed(own, "contact")),
        "groups_changed": len(_changed(own, "group")),
        "questions": own["review_item"].height,
    }
    if "client_fate" in own:  # which records are one client is not published where both survive
        survivors = own["client_fate"].filter(pl.col("product") != "tax", outcome="survivor")
        promised["duplicates_left"] = survivors["joined_id"].is_duplicated().sum() // 2
    assert {name: row[name] for name in promised} == promised
    assert json.loads(row["values_lost"]) == dict(lost.group_by("field").len().iter_rows())


def _changed(own: Tables, entity: str) -> set[tuple[str, str]]:
    """Records that join another, lose a link or are dropped."""
    lines = own["crosswalk"].filter(entity=entity).to_dicts()
    losing = set(own["dropped_link"].filter(kind=entity, occurrence=1).select("product", "source_id").rows())
    size = Counter(line["unified_id"] for line in lines)
    return {
        (line["product"], line["source_id"])
        for line in lines
        if line["outcome"] in ("merged", "dropped")
        or (line["outcome"] == "survivor" and size[line["unified_id"]] > 1)
        or (line["outcome"] != "excluded" and (line["product"], line["source_id"]) in losing)
    }
