"""Settings: defaults, then `scr.toml` in the current folder, then `SCR_*` variables, then options."""

import datetime as dt
import os
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from expectations.errors import UsageError

CONFIG_FILE = "scr.toml"


class Settings(BaseSettings):
    """What a run needs to know about the machine and the house rules."""

    model_config = SettingsConfigDict(
        env_prefix="SCR_", toml_file=CONFIG_FILE, extra="forbid", frozen=True, env_ignore_empty=True
    )

    landing: str = "landing"
    """Landing root: a folder or an object-store URL."""
    store: str = "store"
    """Folder of the published store."""
    default_deadline: dt.date = dt.date(2024, 2, 21)
    """Deadline of a practice that has none of its own."""
    include_prospects: bool = False
    """Whether prospects are clients."""
    batch_rows: Annotated[int, Field(ge=1)] = 400_000
    """Rows of all lists that travel together: about 100,000 clients with what hangs on them."""
    workers: Annotated[int, Field(ge=1, le=64)] = Field(default_factory=lambda: min(2, os.cpu_count() or 1))
    """Batches under way at once: each keeps a process and a core busy, and takes as much memory again."""
    threads: Annotated[int, Field(ge=1, le=256)] = Field(default_factory=lambda: os.cpu_count() or 1)
    """Threads of DuckDB and Polars."""
    memory_limit: Annotated[str, Field(pattern=r"(?i)^\d+(\.\d+)?\s?(MB|GB|MiB|GiB)$")] = "2GB"
    """Memory of DuckDB, beyond which it spills to disk."""
    stale_tool_hours: Annotated[int, Field(ge=1)] = 24
    """Hours after which an open tool is reported as stale."""
    match_exact: Annotated[float | None, Field(gt=0.5, le=1)] = None
    """Probability from which a pair is joined without asking; None: by the promise below."""
    match_wrong_per_10000: Annotated[float, Field(ge=0, le=1000)] = 1.0
    """Wrong joins that are expected at most in 10,000 clients of a practice."""
    match_near: Annotated[float | None, Field(gt=0, lt=1)] = None
    """Probability from which a person is asked; None: the engine's own."""
    match_model: Path | None = None
    """Model file that scores the pairs; None: the one that comes with scr."""

    def memory_of(self, workers: int) -> str:
        """The share of `memory_limit` that each of so many workers has."""
        number = self.memory_limit.rstrip("MGiBmgb ")
        return f"{float(number) / workers:g}{self.memory_limit[len(number) :]}"

    @field_validator("landing", "store")
    @classmethod
    def _named(cls, value: str) -> str:
        if not value.strip():
            raise ValueError("must name a folder")
        return value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Options win over variables, variables over the file."""
        del dotenv_settings, file_secret_settings
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)


def load_settings(**options: Any) -> Settings:
    """Settings with every option that is not None laid over them.

    Raises UsageError naming the setting, what is wrong with it and where it can be set.
    """
    given = {name: value for name, value in options.items() if value is not None}
    try:
        return Settings(**given)
    except ValidationError as error:
        raise UsageError(_explain(error, given)) from error
    except ValueError as error:  # a TOML file that cannot be parsed
        raise UsageError(f"{Path(CONFIG_FILE).resolve()}: {error}. Mend the line.") from error


def _explain(error: ValidationError, given: dict[str, Any]) -> str:
    lines = []
    for problem in error.errors():
        name = ".".join(map(str, problem["loc"]))
        if problem["type"] == "extra_forbidden":
            known = ", ".join(sorted(Settings.model_fields))
            lines.append(f"{CONFIG_FILE} has a setting {name} that scr does not know; it knows {known}.")
            continue
        option, variable = f"option --{name.replace('_', '-')}", f"SCR_{name.upper()} or {CONFIG_FILE}"
        where = option if name in given else variable
        lines.append(f"setting {name} = {problem['input']!r}: {problem['msg']}. Mend it in {where}.")
    return "\n".join(lines)
