"""What a policy would drop, and what an answer decides."""

from typing import Any

import polars as pl

from tests.factories import rows
from tests.transforms.consolidate.worlds import frames, pair, policy, record, run, run_each

BOTH = [record("hq", "h1"), record("xpm", "x1", has_job=True)]
MATCHED = [pair("hq:h1", "xpm:x1")]


def verdict(found: Any) -> dict[str, Any]:
    row: dict[str, Any] = found["practice_verdict"].row(0, named=True)
    return row


def test_the_clients_that_a_policy_drops_are_listed_with_what_hangs_on_them() -> None:
    records = [
        record("hq", "h1"),
        *(record("xpm", f"x{n}", has_job=n != 3) for n in range(5)),
        record("tax", "t1", xpm_client_uuid="x2"),
        record("tax", "t2", xpm_client_uuid="x3"),
        record("tax", "t3"),
    ]
    jobs = rows("xpm_jobs", *({"ID": f"j{n}", "ClientUUID": f"x{min(n, 4)}"} for n in (0, 1, 2, 4, 5)))
    pairs = [pair("xpm:x0", "tax:t3")]
    found = run(frames(records, pairs, xpm_jobs=jobs, effective_policy=policy("all_hq")))
    dropped = found["policy_drop"].filter(pl.col("policy") != "selection")
    told = {
        row["xpm_client_uuid"]: (row["policy"], row["jobs"], row["tax_client_ids"])
        for row in dropped.iter_rows(named=True)
    }
    assert told == {
        "x0": ("all_hq", 1, ["t3"]),
        "x1": ("all_hq", 1, []),
        "x2": ("all_hq", 1, ["t1"]),
        "x3": ("all_hq", 0, ["t2"]),
        "x4": ("all_hq", 2, []),
    }
    assert "x0 (jobs: 1, Tax records: 1), x1 (jobs: 1" in verdict(found)["detail"]


def test_an_acknowledgement_holds_for_the_policy_it_was_given_with() -> None:
    accepted = policy("all_xpm", acknowledged=["drops_working_clients"])
    simulated = run(frames(BOTH, MATCHED, effective_policy=accepted))["policy_simulation"]
    assert simulated.filter("allowed")["policy"].to_list() == ["all_xpm"]


def test_a_tax_record_that_a_person_refused_makes_no_working_client() -> None:
    records = [record("xpm", "x1"), record("tax", "t1", xpm_client_uuid="x1")]
    refused = [pair("xpm:x1", "tax:t1", "rejected", decided_by="person")]
    asked = [pair("xpm:x1", "tax:t1", "near")]
    found = run_each([frames(records, said, effective_policy=policy("all_hq")) for said in (refused, asked)])
    assert [verdict(one)["refused_by"] for one in found] == [[], ["drops_working_clients"]]


def test_a_pair_decides_an_organisation_only_where_its_client_changes() -> None:
    """The archived HQ client's organisation, held by nobody else, the near twin, a third, both."""
    blocking = {"": True, "x1": False, "x2": True, "x1 x2": False}
    worlds = []
    for holders in blocking:
        records = [record("hq", "h1", organisation_id="o1")]
        records += [record("xpm", i, organisation_id="o1" if i in holders else None) for i in ("x1", "x2")]
        near = [pair("hq:h1", "xpm:x1", "near")]
        worlds.append(frames(records, near, effective_policy=policy("all_xpm")))
    asked = [found["review_item"].filter(kind="match")["blocking"].item() for found in run_each(worlds)]
    assert asked == list(blocking.values())


def test_questions_on_groups_are_simulated_as_they_are_then_asked() -> None:
    """Groups of the same three clients; two of one name without a common member; one that loses nothing."""
    records = [record(product, f"{product[0]}{n}") for product in ("hq", "xpm") for n in range(4)]
    pairs = [pair(f"hq:h{n}", f"xpm:x{n}") for n in range(4)]
    hq = {"Lee": ["h0", "h1", "h2"], "Fox": ["h0"], "Roe": ["h3", "h3"]}
    xpm = {"Ray": ["x0", "x1", "x2"], "Fox": ["x1"]}
    groups = {
        "hq_groups": rows(
            "hq_groups", *({"hq_group_id": n, "name": n, "hq_client_ids": ids} for n, ids in hq.items())
        ),
        "xpm_groups": rows(
            "xpm_groups", *({"UUID": n, "Name": n, "ClientUUIDs": ids} for n, ids in xpm.items())
        ),
    }
    kept = [
        {"product": product, "source_id": f"{product[0]}{n}"} for product in ("hq", "xpm") for n in range(4)
    ]
    selected = rows("effective_selection", *({**one, "keep": True} for one in kept))
    policies = ("all_hq", "all_xpm", "selection")
    worlds = [
        frames(records, pairs, effective_policy=policy(name), effective_selection=selected, **groups)
        for name in policies
    ]
    for name, found in zip(policies, run_each(worlds), strict=True):
        asked = (found["review_item"]["kind"] == "group").sum()
        assert asked == (1 if name == "selection" else 2), (
            "with both records kept the members are not the same"
        )
        simulated = found["policy_simulation"].sort("policy").select("policy", "groups_changed", "questions")
        assert simulated.rows() == [("all_hq", 0, 2), ("all_xpm", 0, 2), ("selection", 0, 1)]
