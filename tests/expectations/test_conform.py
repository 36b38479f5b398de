"""What leaves a step is in the order of its key, and no key is there twice."""

import polars as pl
import pytest

from expectations.conform import ascends, conform
from expectations.contracts import table
from expectations.errors import ContractError


def _jobs(*keys: tuple[str, str]) -> pl.DataFrame:
    rows = [{"practice_id": p, "ID": i, "ClientUUID": "c"} for p, i in keys]
    return pl.DataFrame(rows, schema=table("xpm_jobs").schema)


def test_rows_come_in_the_order_of_their_key() -> None:
    for keys in (
        [("P1", "1"), ("P1", "2"), ("P2", "1")],
        [("P2", "1"), ("P1", "2"), ("P1", "1")],
        [("P1", "9")],
        [],
    ):
        assert conform(_jobs(*keys), "xpm_jobs").select("practice_id", "ID").rows() == sorted(keys)


@pytest.mark.parametrize("keys", [[("P1", "1"), ("P1", "1")], [("P1", "1"), ("P2", "1"), ("P1", "1")]])
def test_a_double_key_is_found(keys: list[tuple[str, str]]) -> None:
    with pytest.raises(ContractError, match=r"practice_id\+ID is double in 2 rows"):
        conform(_jobs(*keys), "xpm_jobs")


def test_a_key_that_is_not_there_ascends_to_nothing() -> None:
    assert ascends(pl.DataFrame({"a": [1, 1, 2], "b": ["x", "y", "a"]}))
    assert not ascends(pl.DataFrame({"a": [1, 1], "b": [None, "y"]}))
    assert not ascends(pl.DataFrame({"a": [[1], [2]]}))
