"""The SQLAlchemy engine over a connection that is handed in."""

import subprocess
import sys

import duckdb
import sqlalchemy as sa

from expectations.dialect import URL, engine_options


def test_rows_survive_the_return_of_the_connection() -> None:
    with duckdb.connect() as con:
        engine = sa.create_engine(URL, **engine_options(con))
        with engine.connect() as borrowed:
            result = borrowed.execute(sa.text("select i from range(1000) as t(i) order by i"))
        assert [row[0] for row in result.fetchall()] == list(range(1000))


def test_connection_stays_open_when_the_engine_is_gone() -> None:
    with duckdb.connect() as con:
        engine = sa.create_engine(URL, **engine_options(con))
        with engine.connect() as borrowed:
            borrowed.execute(sa.text("create temp table kept as select 1 as n"))
            borrowed.commit()
        engine.dispose()
        assert con.execute("select n from kept").fetchall() == [(1,)]


def _loaded_after(code: str) -> set[str]:
    script = f"import sys; {code}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    return set(done.stdout.split())


def test_gate_is_imported_without_great_expectations() -> None:
    assert "great_expectations" not in _loaded_after("import expectations.gate, expectations.docs_site")


def test_scipy_stats_is_put_off_and_works_when_used() -> None:
    code = "from expectations.lazy import defer; defer('scipy.stats'); from scipy import stats"
    assert "scipy.stats._stats_py" not in _loaded_after(code)
    assert "scipy.stats._stats_py" in _loaded_after(f"{code}; assert stats.norm.cdf(0) == 0.5")
