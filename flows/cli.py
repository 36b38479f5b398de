"""The command line `scr`. Everything heavy is imported inside the command that needs it."""

import logging
import signal
import sys
import traceback
from pathlib import Path
from typing import Annotated

import typer

from expectations.errors import ScrError, UsageError
from flows.options import How, Landing, Practices, StorePath, day, instant, open_for_reading, settings_with

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="One client record for every accounting practice, from snapshots of Xero HQ, XPM and Tax.",
    epilog="--debug with any command shows where an unexpected error comes from.",
)


def main() -> None:
    """Entry point: every error ends in one message on stderr and its exit code."""
    debug = "--debug" in sys.argv
    if debug:
        sys.argv.remove("--debug")
        logging.basicConfig(level=logging.WARNING)
        logging.getLogger("flows").setLevel(logging.DEBUG)
    signal.signal(signal.SIGTERM, _end)
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


def _end(number: int, frame: object) -> None:
    """End as after an error: landed rows lie in files, and hold whole tax numbers, until they are cleared."""
    del frame
    sys.exit(128 + number)


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
    settings = settings_with(landing=landing, store=store, threads=threads)
    days = day(as_of, "--as-of"), day(snapshot, "--snapshot")
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
    with open_for_reading(store) as opened:
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

    with open_for_reading(store) as opened:
        found = lookup.explain(opened, practice_id, product, source_id)
        [snapshot] = lookup.statuses(opened, [practice_id])["snapshot_date"]
    wanted = Wanted((practice_id, product, source_id), snapshot, why_not, against, html)
    tell(settings_with(landing=landing), found, wanted)


@app.command()
def simulate(
    practice_id: Annotated[str, typer.Argument(metavar="PRACTICE")],
    store: StorePath = None,
    how: How = "table",
) -> None:
    """Print what each policy would do to a practice, chosen or not, and the working clients it would drop."""
    from flows.report import DROPS, print_simulation
    from flows.tables import format_of, show
    from transforms.lookup import dropped, simulation

    shape = format_of(how)
    with open_for_reading(store) as opened:
        found, drops = simulation(opened, practice_id), dropped(opened, practice_id, DROPS)
    if not found.height:
        print(f"{practice_id} has nothing to choose between: only one of its lists was read.")
    elif shape.value == "table":
        print_simulation(practice_id, found, drops)
    else:
        show(found, shape)


@app.command()
def review(
    practices: Annotated[list[str] | None, typer.Argument(metavar="PRACTICE")] = None,
    export: Annotated[
        Path | None, typer.Option(help="Write the questions into this CSV file, to be answered.")
    ] = None,
    answered: Annotated[
        Path | None, typer.Option("--import", help="Land the answers of this CSV file as decisions.")
    ] = None,
    by: Annotated[
        str | None, typer.Option(help="user_id of who answered, where a line does not say.")
    ] = None,
    as_of: Annotated[str | None, typer.Option(help="When it was answered, in UTC; default now.")] = None,
    landing: Landing = None,
    store: StorePath = None,
    how: How = "table",
) -> None:
    """List the questions that a person must answer, write them into a file, or take the answers of one.

    Answers become files in decisions/ of the newest snapshot, and take effect with the next run. Exit code 1:
    answers were refused, or will not count; the others were taken.
    """
    if export and answered:
        raise UsageError("--export and --import: one of the two at a time")
    from flows import review as desk
    from flows.tables import Format, format_of, show
    from transforms.lookup import open_questions

    shape, at = format_of(how), instant(as_of, "--as-of")
    with open_for_reading(store) as opened:
        found = open_questions(opened, practices or [])
    if answered:
        raise typer.Exit(desk.take(settings_with(landing=landing), found, answered, (by, at)))
    if export:
        desk.export(found, export)
    elif shape is Format.table:
        desk.show_questions(found)
    else:
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
    with open_for_reading(store) as opened:
        found = ask(opened, query)
    show(found, shape)


@app.command()
def report(store: StorePath = None) -> None:
    """Print the fleet by step and outcome, who must act, and the next deadlines, as Markdown."""
    from flows.report import print_report
    from transforms.lookup import fleet

    with open_for_reading(store) as opened:
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
    settings = settings_with(landing=landing)
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
