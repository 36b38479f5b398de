"""What the commands of `scr` share: options, settings, and the store opened for reading."""

import datetime as dt
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from expectations.errors import UsageError

if TYPE_CHECKING:
    from flows.config import Settings
    from transforms.store import Store

Landing = Annotated[str | None, typer.Option(help="Landing root: a folder or an object-store URL.")]
StorePath = Annotated[str | None, typer.Option("--store", help="Folder of the published store.")]
Practices = Annotated[list[str] | None, typer.Option("--practice", help="Only this practice; repeatable.")]
How = Annotated[str, typer.Option("--format", help="table, csv or json.")]


def settings_with(**options: object) -> "Settings":
    """The settings with these options laid over them."""
    from flows.config import load_settings

    settings = load_settings(**options)
    # Read by Polars when it is first imported, so before anything else is.
    os.environ["POLARS_MAX_THREADS"] = str(settings.threads)
    # A thread that computes hands its results over ten times as often as Python would have it: another thread
    # in a library keeps it waiting for most of the 5 ms of each turn.
    sys.setswitchinterval(0.0005)
    return settings


def day(text: str | None, option: str) -> dt.date | None:
    """The date that an option gives. Raises UsageError where it is none."""
    if text is None:
        return None
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"{option} {text}: not a date. Write it as 2024-01-15.") from error


def instant(text: str | None, option: str) -> dt.datetime:
    """The moment that an option gives, else now: UTC to the second, without a zone."""
    try:
        given = dt.datetime.fromisoformat(text) if text else dt.datetime.now(dt.UTC)
    except ValueError as error:
        raise UsageError(
            f"{option} {text}: no time. Write it as 2024-01-15 or 2024-01-15T09:30:00."
        ) from error
    utc = given.astimezone(dt.UTC) if given.tzinfo else given
    return utc.replace(tzinfo=None, microsecond=0)


@contextmanager
def open_for_reading(folder: str | None) -> Iterator["Store"]:
    """The store for reading, all reads of one and the same publication."""
    settings = settings_with(store=folder)
    path = Path(settings.store)
    if not path.is_dir():
        raise UsageError(f"no store at {path.absolute()}: name it with --store, or make it with scr run")
    from transforms.store import open_store

    with open_store(path, read_only=True, threads=settings.threads) as store, store.still():
        yield store
