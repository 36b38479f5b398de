"""Warnings, refusals, questions and old links of small practices."""

import datetime as dt
from functools import cache
from typing import Any

import polars as pl
import pytest

from tests.factories import rows
from tests.transforms.consolidate.worlds import frames, pair, policy, record, run, run_each

BOTH = [record("hq", "h1", organisation_id="o1"), record("xpm", "x1", has_job=True)]
MATCHED = [pair("hq:h1", "xpm:x1")]


def _verdict(found: dict[str, pl.DataFrame]) -> dict[str, Any]:
    return found["practice_verdict"].row(0, named=True)


def _asked(found: dict[str, pl.DataFrame]) -> list[tuple[str, bool]]:
    return [(row["kind"], row["blocking"]) for row in found["review_item"].iter_rows(named=True)]


def _keep(**marks: bool) -> pl.DataFrame:
    product = {"h": "hq", "x": "xpm"}
    return rows(
        "effective_selection",
        *({"product": product[i[0]], "source_id": i, "keep": keep} for i, keep in marks.items()),
    )


def test_dropping_a_working_client_is_refused_until_acknowledged() -> None:
    accepted = policy("all_hq", acknowledged=["drops_working_clients"])
    worlds = [frames(BOTH, MATCHED, effective_policy=chosen) for chosen in (policy("all_hq"), accepted)]
    refused, verdict = map(_verdict, run_each(worlds))
    assert refused["refused_by"] == ["drops_working_clients"]
    assert "for example x1 (jobs: 0, Tax records: 0)" in refused["detail"]
    assert (verdict["refused_by"], verdict["warnings"]) == ([], ["drops_working_clients"])
    assert verdict["acknowledged"] == ["drops_working_clients"]


_WORKING: list[tuple[dict[str, Any], str | None, bool]] = [
    ({"has_job": True}, None, True),
    ({}, "x1", True),
    ({}, None, False),
    ({"has_job": True, "state": "archived"}, None, False),
]


@cache
def _working() -> list[dict[str, pl.DataFrame]]:
    tax = [[record("tax", "t1", xpm_client_uuid=uuid)] if uuid else [] for _, uuid, _ in _WORKING]
    records = [[record("xpm", "x1", **xpm), *more] for (xpm, *_), more in zip(_WORKING, tax, strict=True)]
    return run_each([frames(r, effective_policy=policy("all_hq")) for r in records])


@pytest.mark.parametrize("number", range(len(_WORKING)))
def test_working_clients(number: int) -> None:
    refused = ["drops_working_clients"] if _WORKING[number][2] else []
    assert _verdict(_working()[number])["refused_by"] == refused


_WARNED: list[tuple[str, list[dict[str, Any]], str, dict[str, bool]]] = [
    ("keeps_duplicates", BOTH, "selection", {"h1": True, "x1": True}),
    ("orphans_organisations", [BOTH[0]], "all_xpm", {}),
    ("loses_custom_fields", [BOTH[0], record("xpm", "x1", custom_fields='{"Lawyer":"A"}')], "all_hq", {}),
    (
        "invited_organisation",
        [record("hq", "h1", organisation_id="o1", organisation_access="invited"), BOTH[1]],
        "all_xpm",
        {},
    ),
    (
        "organisations_on_both_sides",
        [*BOTH, record("tax", "t1", xpm_client_uuid="x1", organisation_id="o2")],
        "all_xpm",
        {},
    ),
]


@cache
def _warned() -> list[dict[str, pl.DataFrame]]:
    quiet = frames([record("xpm", "x1", has_job=True)], effective_policy=policy("all_xpm"))
    worlds = [
        frames(
            records,
            MATCHED if len(records) > 1 else [],
            effective_policy=policy(name),
            effective_selection=_keep(**keep),
        )
        for _, records, name, keep in _WARNED
    ]
    return run_each([*worlds, quiet])


@pytest.mark.parametrize("number", range(len(_WARNED)), ids=[c[0] for c in _WARNED])
def test_warnings(number: int) -> None:
    verdict = _verdict(_warned()[number])
    assert (verdict["warnings"], verdict["refused_by"]) == ([_WARNED[number][0]], [])


def test_no_warning_without_cause() -> None:
    verdict = _verdict(_warned()[-1])
    assert (verdict["warnings"], verdict["detail"]) == ([], None)


_NEAR: list[tuple[list[dict[str, Any]], tuple[str, str], str, list[tuple[str, bool]]]] = [
    # XPM survives either way; only the archived HQ record would go.
    ([record("hq", "h1"), record("xpm", "x1")], ("hq:h1", "xpm:x1"), "all_xpm", [("match", False)]),
    (BOTH, ("hq:h1", "xpm:x1"), "all_xpm", [("match", True)]),
    # An unmatched Tax record survives, one with a twin follows it.
    ([record("hq", "h1"), record("tax", "t1")], ("hq:h1", "tax:t1"), "all_hq", [("match", True)]),
    (
        [record("xpm", "x1"), record("tax", "t1", xpm_client_uuid="x1")],
        ("xpm:x1", "tax:t1"),
        "all_xpm",
        [("tax_link", True)],
    ),
    ([record("xpm", "x1"), record("xpm", "x2")], ("xpm:x1", "xpm:x2"), "all_xpm", [("duplicate", False)]),
    # The answer changes nothing: the deleted one is excluded, the other kept.
    (
        [record("xpm", "x1"), record("xpm", "x2", state="deleted")],
        ("xpm:x1", "xpm:x2"),
        "all_xpm",
        [],
    ),
]


@cache
def _near() -> list[dict[str, pl.DataFrame]]:
    return run_each(
        [frames(r, [pair(*near, "near")], effective_policy=policy(name)) for r, near, name, _ in _NEAR]
    )


@pytest.mark.parametrize("number", range(len(_NEAR)))
def test_near_pairs_are_asked_where_the_answer_matters(number: int) -> None:
    assert [q for q in _asked(_near()[number]) if q[0] != "organisation"] == _NEAR[number][3]


def test_without_a_policy_nothing_blocks() -> None:
    assert _asked(run(frames(BOTH, [pair("hq:h1", "xpm:x1", "near")]))) == [("match", False)]


_SHARED: list[tuple[dict[str, Any], dict[str, Any], bool]] = [
    ({"tax_number": "865 414 088"}, {"tax_number": "865414088"}, True),
    (
        {"tax_number": "865414088", "branch_number": "1"},
        {"tax_number": "865414088", "branch_number": "002"},
        False,
    ),
    ({"tax_number": "865414088", "branch_number": "1"}, {"tax_number": "865414088"}, True),
    ({"tax_number": "******088"}, {"tax_number": "******088"}, False),
    ({"tax_number": "000000000"}, {"tax_number": "000000000"}, False),
    ({"tax_number": "865414088", "state": "deleted"}, {"tax_number": "865414088"}, False),
]


@cache
def _shared() -> list[dict[str, pl.DataFrame]]:
    pairs = [[record("xpm", "x1", **left), record("xpm", "x2", **right)] for left, right, _ in _SHARED]
    return run_each([frames(records, effective_policy=policy("all_xpm")) for records in pairs])


@pytest.mark.parametrize("number", range(len(_SHARED)))
def test_shared_tax_number(number: int) -> None:
    found = _shared()[number]
    assert _asked(found) == ([("shared_tax_number", True)] if _SHARED[number][2] else [])
    assert not found["review_item"]["why"].str.contains("865").any()


def test_a_number_on_many_clients_asks_once_per_client() -> None:
    records = [
        record("xpm", f"x{n}", tax_number="865414088", branch_number=str(n % 2 or "")) for n in range(6)
    ]
    found = run(frames(records, effective_policy=policy("all_xpm")))
    assert len(_asked(found)) == 5


def test_undecided_clients_are_counted_and_asked() -> None:
    records = [*BOTH, record("hq", "h2"), record("hq", "h3", state="archived"), record("xpm", "x4")]
    more = {"effective_policy": policy("selection"), "effective_selection": _keep(x4=False)}
    found = run(frames(records, MATCHED, **more))
    assert (_verdict(found)["undecided"], _verdict(found)["refused_by"]) == (2, [])
    asked = found["review_item"].filter(kind="selection").select("left_id", "right_id").sort("left_id").rows()
    assert asked == [("h1", "x1"), ("h2", None)]


def test_a_near_pair_under_an_open_selection_blocks() -> None:
    plain = [record("hq", "h1"), record("xpm", "x1")]
    near = [pair("hq:h1", "xpm:x1", "near")]
    assert ("match", True) in _asked(run(frames(plain, near, effective_policy=policy("selection"))))


_SAID = {"decided_by": "person"}
_THREE = [record("hq", "h1"), record("xpm", "x1"), record("xpm", "x2")]


def _judged(judgement: str, left: str, right: str) -> dict[str, Any]:
    (lp, li), (rp, ri) = left.split(":"), right.split(":")
    ends = {"left_product": lp, "left_id": li, "right_product": rp, "right_id": ri}
    return {**ends, "judgement": judgement, "decided_by": "ann", "decided_at": dt.datetime(2024, 1, 2)}


def test_contradicting_answers_are_asked_again_and_reported() -> None:
    pairs = [
        pair("hq:h1", "xpm:x1", **_SAID, probability=0.95),
        pair("hq:h1", "xpm:x2", **_SAID),
        pair("xpm:x1", "xpm:x2", "rejected", **_SAID),
    ]
    judgements = rows(
        "effective_judgement",
        _judged("match", "hq:h1", "xpm:x1"),
        _judged("match", "hq:h1", "xpm:x2"),
        _judged("no_match", "xpm:x1", "xpm:x2"),
    )
    earlier = rows("rejected_decision", {"subject": "another"})
    found = run(
        frames(
            _THREE,
            pairs,
            effective_policy=policy("all_xpm"),
            effective_judgement=judgements,
            rejected_decision=earlier,
        )
    )
    assert _asked(found) == [("match", True)]
    why = found["review_item"]["why"].item()
    assert "kept apart by another" in why
    assert '"xpm x1" and Practice Manager client "xpm x2" were judged two clients' in why
    [row, other] = (
        found["rejected_decision"].sort("decided_at", descending=True, nulls_last=True).rows(named=True)
    )
    assert other["subject"] == "another"
    told = ("decision", "subject", "content", "decided_by")
    assert [row[name] for name in told] == ["match", "hq client h1 and xpm client x2", "match", "ann"]
    assert "would join xpm client x1 and xpm client x2, which were judged two clients" in row["reason"]


def test_a_match_that_an_answer_forbids_is_no_rejected_decision() -> None:
    pairs = [
        pair("hq:h1", "xpm:x1", probability=0.95),
        pair("hq:h1", "xpm:x2"),
        pair("xpm:x1", "xpm:x2", "rejected", **_SAID),
    ]
    found = run(frames(_THREE, pairs, effective_policy=policy("all_xpm")))
    assert 'match, but Practice Manager client "xpm x1"' in found["review_item"]["why"].item()
    assert found["rejected_decision"].height == 0


# What stands between x1 and x2, the state of x2, the policy, what is asked.
_SILENT: list[tuple[dict[str, Any] | None, str, str | None, list[tuple[str, bool]]]] = [
    (between, state, name, asked)
    for between, state, asked in (
        (None, "active", [("duplicate", False)]),
        (pair("xpm:x1", "xpm:x2", "near"), "active", [("duplicate", False)]),
        (pair("xpm:x1", "xpm:x2", **_SAID), "active", []),
        (None, "deleted", []),
    )
    for name in ("all_xpm", "all_hq", None)
]


@cache
def _silent() -> list[dict[str, pl.DataFrame]]:
    answers = [pair("hq:h1", "xpm:x1", **_SAID), pair("hq:h1", "xpm:x2", **_SAID)]
    return run_each(
        [
            frames(
                [*_THREE[:2], record("xpm", "x2", state=state)],
                [*answers, *([between] if between else [])],
                effective_policy=policy(name) if name else rows("effective_policy"),
            )
            for between, state, name, _ in _SILENT
        ]
    )


@pytest.mark.parametrize("number", range(len(_SILENT)))
def test_answers_that_make_duplicates_without_saying_so(number: int) -> None:
    found, asked = _silent()[number], _SILENT[number][-1]
    assert _asked(found) == asked
    if asked:
        why = found["review_item"].select("left_id", "right_id", "why").row(0)
        assert why[:2] == ("x1", "x2")
        assert 'answers join each of them with Xero HQ client "hq h1"' in why[2]


def test_a_question_tells_why_the_pair_was_not_joined() -> None:
    near = pair("hq:h1", "xpm:x1", "near", reason="A rival candidate is too near.")
    found = run(frames(BOTH, [near], effective_policy=policy("all_xpm")))
    assert found["review_item"]["why"].item().endswith("may be one client. A rival candidate is too near.")


def test_stale_links() -> None:
    records = [record("hq", f"h{n}") for n in (1, 2, 3, 4)] + [record("xpm", f"x{n}") for n in (1, 2, 3, 4)]
    pairs = [pair("hq:h1", "xpm:x1"), pair("hq:h2", "xpm:x3"), pair("hq:h4", "xpm:x4", "near")]
    pairs.append(pair("hq:h3", "xpm:x4", "rejected", decided_by="person"))
    linked = [("h1", "x1"), ("h2", "x2"), ("h9", "x1"), ("h3", "x9"), ("h4", "x4"), ("h3", "x4")]
    sync = rows("client_sync", *({"hq_client_id": h, "xpm_client_uuid": x} for h, x in linked))
    found = run(frames(records, pairs, client_sync=sync, effective_policy=policy("all_xpm")))
    assert _verdict(found)["stale_links"] == 4
    assert dict(
        found["stale_link"].select(pl.concat_str("hq_client_id", "xpm_client_uuid"), "reason").rows()
    ) == {
        "h2x2": "Its Xero HQ client is matched to another Practice Manager client.",
        "h3x4": "A person judged the two to be two clients.",
        "h3x9": "Its Practice Manager client is not in the list any more.",
        "h9x1": "Its Xero HQ client is not in the list any more.",
    }


def test_only_a_missing_staff_list_leaves_decisions_unchecked() -> None:
    known, unknown = (
        rows("practices", {"connection": "confirmed", "connected_by": by}) for by in ("u1", None)
    )
    some, none = rows("staff", {"user_id": "u1"}), rows("staff")
    worlds = [frames(BOTH, practices=p, staff=s) for p in (known, unknown) for s in (some, none)]
    verdicts = [_verdict(found) for found in run_each(worlds)]
    assert [verdict["authority_unchecked"] for verdict in verdicts] == [False, True] * 2
    assert [verdict["policy"] for verdict in verdicts] == [None] * 4


def test_unreadable_clients_are_quarantined_unless_another_row_was_read() -> None:
    lines: list[dict[str, Any]] = [
        {"source_id": "h1"},
        {"source_id": "h8"},
        {"source_id": "h8", "line": 2},
        {"source_id": None, "line": 3},
    ]
    lost: dict[str, Any] = {"product": "hq", "entity": "client", "level": "row", "reason": "bad date"}
    quarantine = rows("quarantine", *({**lost, **line} for line in lines))
    found = run(frames(BOTH, MATCHED, quarantine=quarantine, effective_policy=policy("all_xpm")))["crosswalk"]
    assert found.select("source_id", "outcome").rows() == [
        ("h1", "merged"),
        ("h8", "quarantined"),
        ("x1", "survivor"),
    ]


def test_simulation_recommends() -> None:
    since = rows("practices", {"connected_at": dt.datetime(2024, 1, 1)})
    worlds = [
        frames([*(record("hq", f"h{n}") for n in range(5)), record("xpm", "x1")]),
        frames(BOTH, MATCHED),
        frames(BOTH, MATCHED, effective_selection=_keep(x1=True)),
        frames([record("hq", "h1")], practices=since),
    ]
    young, working, chosen, alone = (found["policy_simulation"] for found in run_each(worlds))
    best = young.filter("recommended")
    assert best["policy"].to_list() == ["all_hq"]
    because = best["recommended_because"].item()
    assert "fewer than half as many active clients (1) as Xero HQ (5)" in because
    assert working.filter("recommended")["policy"].to_list() == ["all_xpm"]
    assert "hang on 1 Practice Manager clients" in working.filter("recommended")["recommended_because"].item()
    assert working.filter(~pl.col("recommended"))["recommended_because"].to_list() == [None, None]
    assert working.filter(~pl.col("allowed"))["policy"].to_list() == ["all_hq", "selection"]
    assert chosen.filter("recommended")["policy"].to_list() == ["selection"]
    assert alone.height == 0
