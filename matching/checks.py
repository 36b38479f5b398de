"""What the library refuses, before anything is compared: lists, options and models that cannot be used."""

from collections.abc import Sequence
from pathlib import Path

import polars as pl
from polars.datatypes import DataTypeClass

from expectations.errors import UsageError
from matching.model import Model, load
from matching.spec import MatchSpec, check_name

MOST_LISTS = 256
"""Their number is held in a byte."""


def check_lists(lists: dict[str, pl.DataFrame], spec: MatchSpec, id_column: str) -> None:
    """Raise UsageError where the specification, or one of the lists, by their names, cannot be used."""
    if not isinstance(spec, MatchSpec):
        raise UsageError(f"spec: a {type(spec).__name__}; give a MatchSpec([Field(column, kind), ...])")
    check_name(id_column, "id_column")
    for name, frame in lists.items():
        _check_list(frame, spec, id_column, name)


def numbered(lists: Sequence[pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """The lists to train on by their names. Raises UsageError where they are none, or too many."""
    if not isinstance(lists, Sequence) or isinstance(lists, str):
        raise UsageError(f"lists: a {type(lists).__name__}; give a list of frames, [frame] where it is one")
    if not lists:
        raise UsageError("no list to train on; give one, or several that hold the same clients")
    if len(lists) > MOST_LISTS:
        raise UsageError(f"{len(lists)} lists to train on; {MOST_LISTS} are the most that can be told apart")
    return {f"list {number}": frame for number, frame in enumerate(lists, 1)}


def _check_list(frame: pl.DataFrame, spec: MatchSpec, id_column: str, name: str) -> None:
    """Raise UsageError where the list called `name` lacks a column, or its ids or a column cannot be used."""
    if not isinstance(frame, pl.DataFrame):
        raise UsageError(
            f"{name}: a {type(frame).__name__}, not a Polars DataFrame; collect a LazyFrame, convert others"
            " with polars.from_pandas or polars.from_arrow"
        )
    fields = [field.column for field in spec.fields]
    keys = [id_column, *([spec.partition] if spec.partition else [])]
    missing = [column for column in dict.fromkeys([*keys, *fields]) if column not in frame.columns]
    if missing:
        raise UsageError(
            f"{name}: no column {', '.join(missing)}; it has {', '.join(frame.columns) or 'none'}"
        )
    for column in fields:
        kind = frame.schema[column]
        if not _is_plain(kind.inner if isinstance(kind, pl.List) else kind):
            raise UsageError(f"{name}: column {column} is {kind}; use text, numbers, dates, or lists of them")
    for column in keys:
        if not _is_plain(frame.schema[column]):
            raise UsageError(f"{name}: column {column} is {frame.schema[column]}; use text, numbers or dates")
    ids = frame[id_column]
    if ids.null_count() or ids.n_unique() < frame.height:
        raise UsageError(
            f"{name}: column {id_column} holds empty or double ids; each record needs one of its own"
        )


def _is_plain(kind: pl.DataType | DataTypeClass) -> bool:
    """Whether values of this type can be written as text, one by one."""
    return not kind.is_nested() and kind.base_type() not in {pl.Object, pl.Binary, pl.Duration, pl.Unknown}


def check_one_to_one(one_to_one: object) -> None:
    """Raise UsageError where it is neither "auto", True nor False."""
    if one_to_one != "auto" and not isinstance(one_to_one, bool):
        raise UsageError(f'one_to_one {one_to_one!r}: use "auto", True or False')


def model_of(model: Model | Path | str | None) -> Model | None:
    """The model itself, read where a file is named. Raises UsageError where it is no model."""
    if isinstance(model, str | Path):
        return load(model)
    if model is not None and not isinstance(model, Model):
        raise UsageError(f"model: a {type(model).__name__}; give what train_model or load returns, or a file")
    return model
