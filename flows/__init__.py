"""Starts and wires work: command line, Prefect flows, the stages of a run."""
