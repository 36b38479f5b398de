"""What cannot be used is refused by what it is and what to do, before anything is compared."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from expectations.errors import UsageError
from matching import Field, MatchSpec, dedupe, link, load, train_model
from tests.matching.people import two_lists

SPEC = MatchSpec([Field("given", "given_name"), Field("born", "date")])
LEFT, RIGHT = two_lists(5)


@pytest.mark.parametrize(
    ("kind", "given", "message"),
    [
        (
            Field,
            (
                3,
                "date",
            ),
            "field 3: give the name of a column, as text",
        ),
        (
            Field,
            (
                "",
                "date",
            ),
            "field '': give the name of a column, as text",
        ),
        (
            Field,
            (
                "*",
                "date",
            ),
            r"field \*: Polars reads this name as a pattern",
        ),
        (
            Field,
            (
                "^a$",
                "date",
            ),
            r"field \^a\$: Polars reads this name as a pattern",
        ),
        (
            Field,
            (
                "born",
                ["date"],
            ),
            r"field born: kind \['date'\] is unknown; use one of address",
        ),
        (MatchSpec, (["given"],), r"fields: 'given' is a str; give a Field\(column, kind\)"),
        (MatchSpec, ("given",), r"fields: a str; give a list: \[Field\(column, kind\)"),
        (MatchSpec, ({"born": "date"},), "fields: a dict; give a list"),
        (MatchSpec, (Field("born", "date"),), "fields: a Field; give a list"),
        (MatchSpec, ([("born", "date")],), "is a tuple; give a Field"),
        (MatchSpec, ([],), "no fields to compare; give one at least"),
        (MatchSpec, ([*SPEC.fields, Field("born", "year")],), "fields: born more than once; give each"),
        (
            MatchSpec,
            (
                SPEC.fields,
                ["firm"],
            ),
            r"partition \['firm'\]: give the name of a column",
        ),
        (
            MatchSpec,
            (
                SPEC.fields,
                "",
            ),
            "partition '': give the name of a column",
        ),
        (
            MatchSpec,
            (
                SPEC.fields,
                "^firm$",
            ),
            r"partition \^firm\$: Polars reads this name",
        ),
    ],
)
def test_fields_that_cannot_be_compared_are_refused(kind: Any, given: tuple[Any, ...], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        kind(*given)


CALLS: dict[str, Callable[..., Any]] = {
    "link": lambda frame, spec, key: link(frame, RIGHT, spec, key),
    "dedupe": dedupe,
    "train_model": lambda frame, spec, key: train_model([frame], spec, key),
}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(
    ("frame", "spec", "key", "message"),
    [
        (LEFT, None, "id", r"spec: a NoneType; give a MatchSpec\(\["),
        (LEFT, SPEC.fields, "id", r"spec: a list; give a MatchSpec\(\["),
        (LEFT, SPEC, None, "id_column None: give the name of a column, as text"),
        (LEFT, SPEC, ["id"], r"id_column \['id'\]: give the name of a column, as text"),
        (LEFT, SPEC, "nowhere", "no column nowhere; it has id, given, family, born, post, firm"),
        (pl.DataFrame(), SPEC, "id", "no column id, given, born; it has none"),
        (LEFT.to_dicts(), SPEC, "id", "a list, not a Polars DataFrame; collect a LazyFrame"),
        (LEFT.to_arrow(), SPEC, "id", "a Table, not a Polars DataFrame; collect a LazyFrame"),
        (None, SPEC, "id", "a NoneType, not a Polars DataFrame; collect a LazyFrame"),
    ],
)
def test_lists_that_cannot_be_compared_are_refused(
    call: str, frame: Any, spec: Any, key: Any, message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        CALLS[call](frame, spec, key)


@pytest.mark.parametrize(
    ("lists", "message"),
    [
        (LEFT, r"lists: a DataFrame; give a list of frames, \[frame\] where it is one"),
        ({"left": LEFT}, "lists: a dict; give a list of frames"),
        (None, "lists: a NoneType; give a list of frames"),
        ("left", "lists: a str; give a list of frames"),
        ([LEFT] * 257, "257 lists to train on; 256 are the most"),
        ([LEFT, None], "list 2: a NoneType, not a Polars DataFrame"),
    ],
)
def test_what_is_no_list_of_lists_is_not_trained_on(lists: Any, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        train_model(lists, SPEC, "id")


@pytest.mark.parametrize("file", ["", "nowhere/model.json", "a\0b"])
def test_a_model_is_not_saved_where_no_file_can_be(file: str, tmp_path: Path) -> None:
    model = train_model([LEFT.head(0)], SPEC, "id")
    with pytest.raises(UsageError, match=r"no model can be written there .*; give a file"):
        model.save(f"{tmp_path}/{file}")
    with pytest.raises(UsageError, match="None: no model can be written there"):
        model.save(None)  # type: ignore[arg-type]


@pytest.mark.parametrize("content", [b"", b"[]", b"3", b"\xff\xfe", b"[" * 100_000])
def test_a_file_that_holds_no_model_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "model.json").write_bytes(content)
    with pytest.raises(UsageError, match=r"model\.json: no model file"):
        load(tmp_path / "model.json")
    for path in (tmp_path, None):
        with pytest.raises(UsageError, match="no model file"):
            load(path)  # type: ignore[arg-type]
