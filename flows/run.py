"""One run: land the snapshot, take the practices through every stage batch by batch, publish, write the run.

`scr run` and the Prefect flows call the same three functions: `open_night`, `run_batch`, `finish`.
"""
