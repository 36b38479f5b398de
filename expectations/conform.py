"""The last line of every step: a frame leaves only in the shape that its contract declares."""

import polars as pl

from expectations.contracts import Table, table
from expectations.errors import ContractError


def conform(frame: pl.DataFrame, name: str) -> pl.DataFrame:
    """Return `frame` with the columns of contract `name`, in its order, sorted by its key.

    Raises ContractError naming table, column, count and an example where a column is missing, extra or of
    another type, a required value is null, a value is outside the allowed ones, or a key is double.
    """
    contract = table(name)
    _check_columns(frame, contract)
    frame = frame.select(contract.names)
    for column in contract.columns:
        values = frame[column.name]
        if column.required and values.null_count():
            _fail(contract, column.name, "is null", frame.filter(values.is_null()))
        if column.allowed:
            wrong = frame.filter(values.is_not_null() & ~values.is_in(column.allowed))
            if wrong.height:
                _fail(contract, column.name, f"is none of {', '.join(column.allowed)}", wrong)
    key = list(contract.key)
    if ascends(frame.select(key)):
        return frame
    frame = frame.sort(key)
    # Rows of one key now stand together: comparing neighbours costs a fraction of counting keys.
    same = frame.select(pl.all_horizontal(pl.col(c).eq_missing(pl.col(c).shift()) for c in key)).to_series()
    if same[1:].any():
        _fail(contract, "+".join(key), "is double", frame.filter(pl.struct(key).is_duplicated()))
    return frame


def ascends(keys: pl.DataFrame) -> bool:
    """Whether each key is above the one before: then none is double. Never so of keys that hold lists."""
    if any(kind.is_nested() for kind in keys.dtypes):
        return False
    above, same = pl.lit(False), pl.lit(True)
    for name in keys.columns:
        value, before = pl.col(name), pl.col(name).shift()
        above, same = above | (same & (value > before)), same & (value == before)
    # To compare neighbours across pieces takes five times as long.
    return bool(keys.rechunk().select(above.slice(1).fill_null(False).all()).item())


def _check_columns(frame: pl.DataFrame, contract: Table) -> None:
    expected, found = dict(contract.schema), dict(frame.schema)
    wrong = [
        f"{name} {found.get(name, 'missing')} instead of {kind}"
        for name, kind in expected.items()
        if found.get(name) != kind
    ]
    extra = sorted(found.keys() - expected.keys())
    if wrong or extra:
        raise ContractError(
            f"table {contract.name}: {'; '.join(wrong) or 'columns are there'}"
            f"{'; not in the contract: ' + ', '.join(extra) if extra else ''}."
            f" Mend the step that made it, or data/contracts/**/{contract.name}.yaml."
        )


def _fail(contract: Table, column: str, what: str, rows: pl.DataFrame) -> None:
    # An example is the key only: other columns may be private.
    ids = [c for c in contract.key if not contract.column(c).personal]
    example = rows.select(ids).row(0, named=True)
    raise ContractError(
        f"table {contract.name}: column {column} {what} in {rows.height} rows, for example {example}."
        " Mend the step that made it."
    )
