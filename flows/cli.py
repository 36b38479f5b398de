"""The command line `scr`. Everything heavy is imported inside the command that needs it."""

import datetime as dt
import logging
import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from expectations.errors import ScrError, UsageError

if TYPE_CHECKING:
    from flows.config import Settings
    from transforms.store import Store

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="One client record for every accounting practice, from snapshots of Xero HQ, XPM and Tax.",
    epilog="--debug with any command shows where an unexpected error comes from.",
)

Landing = Annotated[str | None, typer.Option(help="Landing root: a folder or an object-store URL.")]
StorePath = Annotated[str | None, typer.Option("--store", help="Folder of the published store.")]
Practices = Annotated[list[str] | None, typer.Option("--practice", help="Only this practice; repeatable.")]
How = Annotated[str, typer.Option("--format", help="table, csv or json.")]


def main() -> None:
    """Entry point: every error ends in one message on stderr and its exit code."""
    debug = "--debug" in sys.argv
    if debug:
        sys.argv.remove("--debug")
        logging.basicConfig(level=logging.WARNING)
        logging.getLogger("flows").setLevel(logging.DEBUG)
    try:
        app()
    except Exception as error:
        if debug:
            traceback.print_exc()
        if isinstance(error, ScrError):
            print(f"scr: {error}", file=sys.stderr)
            sys.exit(error.exit_code)
        # A library's message may quote a value of a record, so only its kind is told.
        kind = type(error).__name__
        print(f"scr: unexpected {kind}; the same command with --debug shows where", file=sys.stderr)
        sys.exit(ScrError.exit_code)


def _settings(**options: object) -> "Settings":
    from flows.config import load_settings

    settings = load_settings(**options)
    # Read by Polars when it is first imported, so before anything else is.
    os.environ["POLARS_MAX_THREADS"] = str(settings.threads)
    # A thread that computes hands its results over ten times as often as Python would have it: another thread
    # in a library keeps it waiting for most of the 5 ms of each turn.
    sys.setswitchinterval(0.0005)
    return settings


def _day(text: str | None, option: str) -> dt.date | None:
    if text is None:
        return None
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"{option} {text}: not a date. Write it as 2024-01-15.") from error


@contextmanager
def _open(folder: str | None) -> Iterator["Store"]:
    """The store for reading, all reads of one and the same publication."""
    settings = _settings(store=folder)
    path = Path(settings.store)
    if not path.is_dir():
        raise UsageError(f"no store at {path.absolute()}: name it with --store, or make it with scr run")
    from transforms.store import open_store

    with open_store(path, read_only=True, threads=settings.threads) as store, store.still():
        yield store


@app.command()
def run(
    landing: Landing = None,
    store: StorePath = None,
    as_of: Annotated[
        str | None, typer.Option(help="Day that deadlines are counted from; default today.")
    ] = None,
    snapshot: Annotated[str | None, typer.Option(help="Snapshot date; default the newest.")] = None,
    practice: Practices = None,
    data_docs: Annotated[Path | None, typer.Option(help="Write Great Expectations' Data Docs here.")] = None,
    threads: Annotated[int | None, typer.Option(help="Threads of DuckDB and Polars.")] = None,
) -> None:
    """Read the newest snapshot, match, consolidate, validate and publish; then print the status."""
    settings = _settings(landing=landing, store=store, threads=threads)
    days = _day(as_of, "--as-of"), _day(snapshot, "--snapshot")
    from flows.night import new_request
    from flows.progress import progress_for_terminal
    from flows.report import print_summary
    from flows.run import run as run_now

    request = new_request(*days, practice, data_docs)
    summary = run_now(settings, request, progress_for_terminal())
    print_summary(summary, settings.store)
    raise typer.Exit(summary.exit_code)


@app.command()
def status(
    practice: Practices = None,
    store: StorePath = None,
    how: How = "table",
) -> None:
    """Print where each practice stands."""
    from flows.report import STATUS_COLUMNS, TRUST_COLUMNS
    from flows.tables import Format, format_of, show, show_one
    from transforms.lookup import statuses

    shape = format_of(how)
    with _open(store) as opened:
        found = statuses(opened, practice)
    if shape is not Format.table:
        show(found, shape)
    elif practice and found.height == 1:
        show_one(found)
    else:
        show(found.select(*STATUS_COLUMNS[:-1], **TRUST_COLUMNS, reason="reason"))


@app.command()
def explain(
    practice_id: Annotated[str, typer.Argument(metavar="PRACTICE")],
    product: Annotated[str, typer.Argument(help="hq, xpm or tax.")],
    source_id: Annotated[str, typer.Argument(help="Id of the record in that product.")],
    store: StorePath = None,
    why_not: Annotated[
        int | None, typer.Option(min=1, help="So many of its best candidates that came to nothing.")
    ] = None,
    against: Annotated[
        tuple[str, str] | None,
        typer.Option(metavar="PRODUCT ID", help="Compare it with this record, however unlike."),
    ] = None,
    landing: Landing = None,
    html: Annotated[Path | None, typer.Option(help="Draw the evidence as waterfalls into this file.")] = None,
) -> None:
    """Tell what became of one record and why: its matches with their evidence, questions, disagreements.

    --why-not and --against compare anew, from the landing zone: pairs that are far off are not in the store.
    """
    for word in (product, *(against or ())[:1]):
        if word not in ("hq", "xpm", "tax"):
            raise UsageError(f"product {word!r}: use hq, xpm or tax")
    if against == (product, source_id):
        raise UsageError("--against names the record itself: name another one")
    from flows.explain import Wanted, tell
    from transforms import lookup

    with _open(store) as opened:
        found = lookup.explain(opened, practice_id, product, source_id)
        [snapshot] = lookup.statuses(opened, [practice_id])["snapshot_date"]
    wanted = Wanted((practice_id, product, source_id), snapshot, why_not, against, html)
    tell(_settings(landing=landing), found, wanted)


@app.command()
def simulate(
    practice_id: Annotated[str, typer.Argument(metavar="PRACTICE")],
    store: StorePath = None,
    how: How = "table",
) -> None:
    """Print what each policy would do to a practice, chosen or not."""
    from flows.tables import format_of, show
    from transforms.lookup import simulation

    shape = format_of(how)
    with _open(store) as opened:
        found = simulation(opened, practice_id)
    if not found.height:
        print(f"{practice_id} has nothing to choose between: only one of its lists was read.")
        return
    show(found, shape)


@app.command()
def sql(
    query: Annotated[str, typer.Argument(help="One SELECT over the tables of the store.")],
    store: StorePath = None,
    how: How = "table",
) -> None:
    """Answer a query over the published store; nothing can be changed."""
    from flows.tables import format_of, show
    from transforms.lookup import ask

    shape = format_of(how)
    with _open(store) as opened:
        found = ask(opened, query)
    show(found, shape)


@app.command()
def report(store: StorePath = None) -> None:
    """Print the fleet by step and outcome, who must act, and the next deadlines, as Markdown."""
    from flows.report import print_report
    from transforms.lookup import fleet

    with _open(store) as opened:
        found = fleet(opened)
    print_report(found)


@app.command()
def train(
    out: Annotated[Path, typer.Option(help="Model file to write.")],
    landing: Landing = None,
    against: Annotated[
        Path | None, typer.Option(help="Model to compare with; default the one in use.")
    ] = None,
    rows: Annotated[
        int | None, typer.Option(min=1, help="Rows of all lists to train on; default batch_rows.")
    ] = None,
) -> None:
    """Train a matching model from the landed clients, without labels, and say what it would change.

    Nothing uses the new model before the setting match_model names it.
    """
    settings = _settings(landing=landing)
    from flows.train import Training
    from flows.train import train as train_now

    train_now(settings, Training(out, against, rows))


@app.command()
def sample(
    out: Annotated[Path, typer.Option(help="Landing root to write; truth/ is put beside the snapshot.")],
    practices: Annotated[int, typer.Option(min=1, help="Practices of the fleet.")] = 12,
    seed: Annotated[int, typer.Option(help="The same seed makes the same fleet.")] = 1,
    trouble: Annotated[
        bool, typer.Option("--trouble", help="Plant failed extracts and broken rows.")
    ] = False,
    embedded: Annotated[
        bool, typer.Option("--embedded", help="The small fleet of data/sample instead.")
    ] = False,
) -> None:
    """Make a landing zone with known truth beside it."""
    from transforms.sample import FleetSpec, make_fleet, write_embedded

    if embedded:
        write_embedded(out)
    else:
        make_fleet(FleetSpec(practices, seed, trouble=trouble), out)
    landing = out / "landing" if embedded else out
    print(f"Made {out}. Run it: scr run --landing {landing} --as-of 2024-01-15")


if __name__ == "__main__":
    main()
