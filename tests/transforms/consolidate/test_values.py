"""Whose values a unified client shows, what is filled, and what the account says of the rest."""

import json
from functools import cache

import polars as pl
import pytest

from tests.transforms.consolidate.worlds import frames, pair, policy, record, run, run_each

HQ = record("hq", "h1", name="Smith", emails=["a@x", "b@x"], city="Perth", staff_ids=["u1"])
XPM = record(
    "xpm", "x1", name="SMITH", emails=["b@x", "c@x"], city="", tax_number="******088", settings='{"Fax":"1"}'
)
XPM["city"] = None
TAX = record(
    "tax",
    "t1",
    name="Smith",
    xpm_client_uuid="x1",
    tax_number="865414088",
    business_number="51824753556",
    settings='{"tax_agent":"Z"}',
)
MATCHED = [pair("hq:h1", "xpm:x1")]


@cache
def _all() -> dict[tuple[str, bool], dict[str, pl.DataFrame]]:
    ways = [(name, fill) for name in ("all_xpm", "all_hq") for fill in (False, True)]
    worlds = [
        frames([HQ, XPM, TAX], MATCHED, effective_policy=policy(n, fill_blanks=fill)) for n, fill in ways
    ]
    return dict(zip(ways, run_each(worlds), strict=True))


def _run(name: str, fill: bool) -> dict[str, pl.DataFrame]:
    return _all()[name, fill]


def test_survivor_stands_as_it_is_and_shows_its_tax_record() -> None:
    client = _run("all_xpm", fill=False)["unified_client"].row(0, named=True)
    assert (client["name"], client["city"], client["emails"]) == ("SMITH", None, ["b@x", "c@x"])
    assert (client["email"], client["survivor_product"]) == ("b@x", "xpm")
    assert (client["tax_number_masked"], client["business_number"]) == ("******088", "51824753556")
    assert json.loads(client["settings"]) == {"Fax": "1", "tax_agent": "Z"}
    assert (client["hq_client_id"], client["xpm_client_uuid"], client["tax_client_id"]) == ("h1", "x1", "t1")


def test_blanks_are_filled_where_asked_for() -> None:
    client = _run("all_xpm", fill=True)["unified_client"].row(0, named=True)
    assert (client["name"], client["city"], client["emails"]) == ("SMITH", "Perth", ["b@x", "c@x", "a@x"])


def test_hq_survivor_takes_nothing_unless_asked_for() -> None:
    bare = _run("all_hq", fill=False)["unified_client"].row(0, named=True)
    assert (bare["tax_number_masked"], bare["settings"], bare["business_number"]) == (None, None, None)
    full = _run("all_hq", fill=True)["unified_client"].row(0, named=True)
    assert (full["tax_number_masked"], full["business_number"]) == ("******088", "51824753556")
    assert full["city"] == "Perth"


@pytest.mark.parametrize("fill", [False, True])
def test_field_values_name_every_value(fill: bool) -> None:
    found = _run("all_xpm", fill)["field_value"].select("field", "value", "product", "chosen", "rule").rows()
    given = "filled" if fill else "not_chosen"
    assert sorted(found) == [
        ("business_number", "51824753556", "tax", True, "filled"),
        ("city", "Perth", "hq", fill, given),
        ("emails", "a@x; b@x", "hq", fill, given),
        ("emails", "b@x; c@x", "xpm", True, "survivor"),
        ("name", "SMITH", "xpm", True, "survivor"),
        ("name", "Smith", "hq", False, "not_chosen"),
        ("name", "Smith", "tax", False, "not_chosen"),
        ("settings", '{"Fax":"1"}', "xpm", True, "survivor"),
        ("settings", '{"tax_agent":"Z"}', "tax", True, "filled"),
    ]


def test_of_several_twins_the_first_fills() -> None:
    twins = [
        record("xpm", "x2", city="Albany", region="WA", has_job=True),
        record("xpm", "x3", city="Broome"),
    ]
    pairs = [*MATCHED, pair("xpm:x1", "xpm:x2"), pair("xpm:x2", "xpm:x3")]
    hq = {**HQ, "city": None}
    found = run(frames([hq, XPM, *twins], pairs, effective_policy=policy("all_hq", fill_blanks=True)))
    client = found["unified_client"].row(0, named=True)
    assert (client["city"], client["region"]) == ("Albany", "WA")
    cities = found["field_value"].filter(field="city").select("value", "chosen", "rule").rows()
    assert sorted(cities) == [("Albany", True, "filled"), ("Broome", False, "not_chosen")]


def test_settings_of_a_duplicate_do_not_mix() -> None:
    twin = record("xpm", "x2", settings='{"Fax":"2","Title":"Dr"}')
    senior = {**XPM, "has_job": True}
    found = run(
        frames(
            [senior, twin], [pair("xpm:x1", "xpm:x2")], effective_policy=policy("all_xpm", fill_blanks=True)
        )
    )
    assert found["unified_client"]["settings"].to_list() == ['{"Fax":"1"}']


def test_simulation_counts_the_values_that_are_lost() -> None:
    found = _run("all_xpm", fill=False)["policy_simulation"]
    lost = dict(found.select("policy", "values_lost").iter_rows())
    assert json.loads(lost["all_xpm"]) == {"city": 1, "emails": 1, "name": 2}


def test_no_whole_tax_number_leaves() -> None:
    for name, frame in _run("all_hq", fill=True).items():
        text = frame.select(pl.concat_str(pl.col(pl.String), ignore_nulls=True)).to_series()
        assert not text.str.contains("865414088").any(), name


def test_of_settings_only_what_the_survivor_has_not_is_lost() -> None:
    kept = {
        **XPM,
        "has_job": True,
        "settings": '{"Fax":"1","Title":"Dr"}',
        "custom_fields": '{"Lawyer":"Haig"}',
    }
    same = record("xpm", "x2", settings='{"Title":"Dr"}', custom_fields='{"Lawyer":"Haig"}')
    more = record("xpm", "x3", settings='{"Title":"Ms"}', custom_fields='{"Bank":"W"}')
    pairs = [pair("xpm:x1", "xpm:x2"), pair("xpm:x1", "xpm:x3")]
    found = run(frames([HQ, kept, same, more], pairs, effective_policy=policy("all_xpm")))
    listed = found["field_value"].filter(
        pl.col("field").is_in(["settings", "custom_fields"]), ~pl.col("chosen")
    )
    assert sorted(listed.select("field", "source_id").rows()) == [("custom_fields", "x3"), ("settings", "x3")]
    lost = json.loads(found["policy_simulation"].filter(policy="all_xpm")["values_lost"].item())
    assert (lost["settings"], lost["custom_fields"]) == (1, 1)
    assert "1 clients would lose their custom fields" in found["practice_verdict"]["detail"].item()
