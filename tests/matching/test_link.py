"""The library: properties of linking and of finding duplicates."""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from expectations.errors import UsageError
from matching import Field, MatchSpec, dedupe, link, load, train_model
from matching.options import DEFAULT_MODEL
from matching.spellings import romanised
from tests.matching.people import two_lists

SPEC = MatchSpec(
    [
        Field("given", "given_name"),
        Field("family", "family_name"),
        Field("born", "date"),
        Field("post", "post_code"),
    ]
)


def who(pairs: pl.DataFrame) -> set[tuple[str, str]]:
    return set(pairs.filter("is_match").select("left_id", "right_id").iter_rows())


def test_finds_the_same_people_without_labels() -> None:
    left, right = two_lists(300)
    found = who(link(left, right, SPEC, id_column="id"))
    right_ones = {pair for pair in found if pair[0][1:] == pair[1][1:]}
    assert len(found - right_ones) <= 2
    assert len(right_ones) >= 285


def test_pairs_have_the_columns_of_the_contract() -> None:
    pairs = link(*two_lists(50), SPEC, id_column="id")
    assert pairs.columns[:5] == ["left_id", "right_id", "probability", "is_match", "weight"]
    assert pairs["probability"].is_between(0, 1).all()
    assert pairs.columns[5:] == ["weight_given", "weight_family", "weight_born", "weight_post"]
    assert all(pairs[column].abs().max() > 1 for column in pairs.columns[5:])  # type: ignore[operator]


@pytest.mark.parametrize(("ours", "theirs"), [(150, 120), (400, 250)], ids=["all pairs", "a sample"])
def test_linking_is_symmetric(ours: int, theirs: int) -> None:
    left, right = two_lists(ours)[0], two_lists(theirs)[1]
    there = link(left, right, SPEC, id_column="id")
    back = link(right, left, SPEC, id_column="id").rename({"left_id": "right_id", "right_id": "left_id"})
    assert there.height > theirs / 2
    assert_frame_equal(there, back.select(there.columns).sort("left_id", "right_id"), rel_tol=1e-9)


def test_row_order_changes_nothing() -> None:
    left, right = two_lists(120)
    left_too, right_too = (frame.sample(fraction=1, shuffle=True, seed=5) for frame in (left, right))
    assert link(left, right, SPEC, id_column="id").equals(link(left_too, right_too, SPEC, id_column="id"))


def test_each_record_has_at_most_one_partner() -> None:
    left, right = two_lists(150)
    twins = pl.concat([right, right.head(5).with_columns(id="t" + pl.col("id"))])
    matches = link(left, twins, SPEC, id_column="id", one_to_one=True).filter("is_match")
    assert matches["left_id"].is_unique().all() and matches["right_id"].is_unique().all()


def test_a_tie_between_two_twins_is_no_certain_match() -> None:
    left, right = two_lists(150)
    twins = pl.concat([right, right.head(1).with_columns(id=pl.lit("twin"))])
    pairs = link(left, twins, SPEC, id_column="id", one_to_one=True)
    tied = pairs.filter(pl.col("right_id").is_in(["b0", "twin"]), pl.col("left_id") == "a0")
    assert tied.height == 2
    assert tied["probability"].max() <= 0.5  # type: ignore[operator]  # a number, the column is not empty


def test_duplicates_of_one_list_form_clusters() -> None:
    left, right = two_lists(200)
    pairs, clusters = dedupe(pl.concat([left, right]), SPEC, id_column="id")
    assert clusters["id"].n_unique() == 400
    together = dict(clusters.iter_rows())
    assert sum(together[f"a{i}"] == together[f"b{i}"] for i in range(200)) >= 185
    assert pairs.filter("is_match").height >= 185


def test_junior_and_senior_are_two_whatever_training_finds() -> None:
    left, right = two_lists(150)
    spec = MatchSpec(
        [Field("given", "given_name"), Field("family", "family_name"), Field("post", "post_code")]
    )
    junior, other, senior = (
        frame.with_columns(pl.col("family") + end)
        for frame, end in ((left, " Jr"), (right, " Jr"), (right, " Sr"))
    )
    assert len(who(link(junior, other, spec, id_column="id"))) >= 120
    assert not who(link(junior, senior, spec, id_column="id"))


def test_names_of_another_script_are_read() -> None:
    left, right = two_lists(150)
    written = dict(zip("abcdefghijklmnopqrstuvwxyz", "абцдефгхийклмнопкрстувшхыз", strict=True))
    russian = right.with_columns(pl.col("given", "family").str.replace_many(written))
    found = who(link(left, russian, SPEC, id_column="id"))
    assert sum(a[1:] == b[1:] for a, b in found) >= 130


@pytest.mark.parametrize(
    ("written", "whole", "read"),
    [
        ("王杰", True, "wang jie"),
        ("王小明", True, "wang xiaoming"),
        ("歐陽娜娜", True, "ouyang nana"),
        ("小明", False, "xiaoming"),
        ("Jackie Chan 陳港生", True, "Jackie Chan  chen gangsheng"),
        ("山田たろう", True, "山田たろう"),  # Japanese: its characters are read otherwise
        ("Лавров", True, "lavrov"),
        ("O'Neil", True, "O'Neil"),
        (None, True, None),
    ],
)
def test_letters_of_other_scripts(written: str | None, whole: bool, read: str | None) -> None:
    assert romanised(pl.Series(["王", written], dtype=pl.String), whole).to_list() == ["wang", read]


def test_a_company_is_sought_among_the_companies() -> None:
    people = two_lists(300)
    firms = ["Kestrel Joinery Ltd", "Marlin Freight Pty Ltd", "Wattle Nurseries Ltd", "Osprey Foods Ltd"]
    homes = [
        "9 Quay Rd, Hobart 7000",
        "14 Tower St, Perth 6000",
        "3 Mill Ln, Cairns 4870",
        "8 Elm St, Bega 2550",
    ]
    others = ["Kestrel Group", "Marlin Group", "Wattle Group", "Osprey Group"]
    lists: list[pl.DataFrame] = []
    for frame, names in zip(people, (firms, others), strict=True):
        street = pl.format("{} {} Street, Sydney {}", pl.int_range(pl.len()) % 89 + 1, "family", "post")
        persons = frame.select(
            "id", pl.format("{} {}", "given", "family").alias("name"), street.alias("home")
        )
        ids = [f"{frame['id'][0][0]}-{name.split()[0]}" for name in names]
        lists.append(pl.concat([persons, pl.DataFrame({"id": ids, "name": names, "home": homes})]))
    pairs = link(lists[0], lists[1], MatchSpec([Field("name", "name"), Field("home", "address")]), "id")
    found = {(a, b) for a, b in who(pairs) if "-" in a}
    assert found == {(f"a-{firm.split()[0]}", f"b-{firm.split()[0]}") for firm in firms}


def test_records_without_a_common_clue_are_no_pair() -> None:
    left, right = two_lists(60)
    spec = MatchSpec(SPEC.fields, partition="firm")
    nothing = {c: pl.lit(None, pl.String) for c in ("given", "family", "born", "post")}
    only_born = {c: pl.lit(None, pl.String) for c in ("given", "family", "post")}
    left = pl.concat([left, left.head(1).with_columns(id=pl.lit("a?"), firm=pl.lit("empty"), **nothing)])
    poor = [
        right.head(1).with_columns(id=pl.lit("b?"), firm=pl.lit("empty"), **nothing),
        right.head(1).with_columns(id=pl.lit("b!"), firm=pl.lit("empty"), **only_born),
        right.head(1).with_columns(id=pl.lit("b0?"), **nothing),
    ]
    for one_to_one in (True, False, "auto"):
        pairs = link(left, pl.concat([right, *poor]), spec, "id", one_to_one=one_to_one)
        assert pairs.filter(pl.col("left_id") == "a?").is_empty()
        assert pairs.filter(pl.col("right_id").is_in(["b?", "b!", "b0?"])).is_empty()


def test_a_record_that_holds_nothing_is_nobodys_duplicate() -> None:
    model = train_model([pl.concat(two_lists(60))], SPEC, "id")
    empty = pl.DataFrame({c: pl.Series(["x", "y"] if c == "id" else [None] * 2, dtype=pl.String)
                          for c in ("id", "given", "family", "born", "post")})  # fmt: skip
    for known in (None, model):
        pairs, clusters = dedupe(empty, SPEC, "id", model=known)
        assert pairs.is_empty()
        assert clusters["cluster_id"].to_list() == ["x", "y"]


def test_ids_come_back_as_they_are_in_the_lists() -> None:
    left, right = two_lists(60)
    as_text = link(left, right, SPEC, "id")
    numbered = left.with_columns(pl.col("id").str.slice(1).cast(pl.Int32))
    pairs = link(numbered, right, SPEC, "id")
    assert [pairs.schema[c] for c in ("left_id", "right_id")] == [pl.Int32, pl.String]
    assert who(pairs.with_columns(left_id="a" + pl.col("left_id").cast(pl.String))) == who(as_text)
    assert pairs.equals(pairs.sort("left_id", "right_id"))
    assert pairs.join(numbered, left_on="left_id", right_on="id").height == pairs.height


def test_a_cluster_is_named_by_its_smallest_id_as_a_number() -> None:
    frame = pl.DataFrame({"id": [10, 2, 9, 1], "mail": ["a@x.org", "a@x.org", "b@x.org", "c@x.org"]})
    born = pl.Series("born", ["1980-02-01", "1980-02-01", "1991-07-08", "1975-03-04"])
    spec = MatchSpec([Field("mail", "email"), Field("born", "date")])
    pairs, clusters = dedupe(frame.with_columns(born), spec, "id")
    assert pairs.filter("is_match").select("left_id", "right_id").rows() == [(2, 10)]
    assert clusters.rows() == [(1, 1), (2, 2), (9, 9), (10, 2)]


def test_an_empty_list_gives_no_pairs() -> None:
    left, right = two_lists(20)
    assert link(left, right.head(0), SPEC, id_column="id").is_empty()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda f: f.lazy(), "left: a LazyFrame, not a Polars DataFrame; collect"),
        (lambda f: f.with_columns(born=pl.struct("born")), "left: column born is Struct.*; use text"),
        (lambda f: f.with_columns(pl.concat_list("id")), "left: column id is List.*; use text, numbers or"),
        (lambda f: f.with_columns(born=pl.duration(days=1)), "left: column born is Duration.*; use text"),
        (lambda f: f.drop("born"), "left: no column born; it has id, given, family, post, firm"),
        (lambda f: f.with_columns(id=pl.lit("same")), "left: column id holds empty or double ids"),
    ],
)
def test_a_list_that_cannot_be_linked_is_refused(change: object, message: str) -> None:
    left, right = two_lists(5)
    with pytest.raises(UsageError, match=message):
        link(change(left), right, SPEC, id_column="id")  # type: ignore[operator]  # a function of the case


def test_an_option_or_model_that_cannot_be_used_is_refused(tmp_path: Path) -> None:
    left, right = two_lists(5)
    with pytest.raises(UsageError, match="one_to_one 'yes': use \"auto\", True or False"):
        link(left, right, SPEC, "id", one_to_one="yes")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match=r"nowhere\.json: no model file"):
        link(left, right, SPEC, "id", model=tmp_path / "nowhere.json")
    with pytest.raises(UsageError, match="model: a dict; give what train_model or load returns"):
        dedupe(left, SPEC, "id", model={})  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="no list to train on"):
        train_model([], SPEC, "id")


def test_an_unknown_kind_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match="field tel: kind telephone is unknown; use one of address"):
        Field("tel", "telephone")


def test_a_saved_model_decides_as_the_one_just_trained(tmp_path: Path) -> None:
    left, right = two_lists(120)
    train_model([left, right], SPEC, "id").save(tmp_path / "model.json")
    saved = link(left, right, SPEC, "id", model=load(tmp_path / "model.json"))
    assert saved.filter("is_match").equals(link(left, right, SPEC, "id").filter("is_match"))
    assert saved.equals(link(left, right, SPEC, "id", model=f"{tmp_path}/model.json"))
    assert load(f"{tmp_path}/model.json") == load(tmp_path / "model.json")


def test_a_model_of_other_fields_is_refused(tmp_path: Path) -> None:
    left, right = two_lists(120)
    model = train_model([left, right], MatchSpec(SPEC.fields[:2]), "id")
    with pytest.raises(UsageError, match="train it anew"):
        link(left, right, SPEC, "id", model=model)


def test_columns_named_like_our_own_are_no_trouble() -> None:
    left, right = two_lists(120)
    names = {"business_number": "identifier", "list": "category", "rid": "text", "place": "category"}
    extra = [pl.lit("51824753556").alias(name) for name in names]
    spec = MatchSpec([*SPEC.fields, *[Field(name, kind) for name, kind in names.items()]])
    pairs = link(left.with_columns(extra), right.with_columns(extra), spec, "id")
    assert {f"weight_{name}" for name in names} <= set(pairs.columns)


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param({"strata": {}}, id="no kind of pair"),
        pytest.param(
            {
                "strata": {
                    "person": {"m": {}, "r": {}, "u": {}, "overlap": 0, "duplicates": 0, "relatives": 0}
                }
            },
            id="no numbers",
        ),
        pytest.param({"levels": {"given_name": ["missing"]}}, id="too many levels"),
        pytest.param({"rates": {"overlap": None}}, id="no share of matches"),
    ],
)
def test_a_damaged_model_is_refused(damage: dict[str, Any], tmp_path: Path) -> None:
    raw = json.loads(DEFAULT_MODEL.read_text(encoding="utf-8"))
    raw["strata"]["person"] |= damage.get("rates", {})
    (tmp_path / "model.json").write_text(json.dumps(raw | damage), encoding="utf-8")
    with pytest.raises(UsageError, match="no model file"):
        load(tmp_path / "model.json")
