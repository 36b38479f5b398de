"""Starts and wires the work: command line, Prefect flows, one function per stage of the run."""

from flows.quiet import hush

hush()  # Prefect and Great Expectations read these variables once, when they are imported
