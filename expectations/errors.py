"""The errors a user can meet: one root, few leaves, each with the exit code that `scr` ends with.

A message says what, where, how many, an example and the next step. It never holds a whole tax number.
"""


class ScrError(Exception):
    """Root of every error that this project raises on purpose."""

    exit_code = 3


class UsageError(ScrError):
    """The command line, the configuration or the landing zone as a whole is wrong: the user can mend it."""

    exit_code = 2


class ContractError(ScrError):
    """A frame does not have the shape that its contract declares: a defect of this project."""


class StoppedError(ScrError):
    """A batch was given up because the run had ended: what ended it is told instead."""


class StoreError(ScrError):
    """The published store could not be read or written."""
