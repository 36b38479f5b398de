"""One run of the sample fleet that the tests of the flows share."""

import fcntl
from pathlib import Path

import pytest

from tests.flows.command import AS_OF, scr_here


@pytest.fixture(scope="session")
def sample_store(sample_landing: Path, tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """Store of one run of the sample fleet, for reading; what was printed is beside it in `output.txt`.

    Made once, whichever process of the tests needs it first.
    """
    own = tmp_path_factory.getbasetemp()
    folder = (own if worker_id == "master" else own.parent) / "sample"
    folder.mkdir(exist_ok=True)
    store, output = folder / "store", folder / "output.txt"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not output.exists():
            done = scr_here("run", "--landing", sample_landing, "--store", store, "--as-of", AS_OF)
            assert done.returncode == 1, done.stderr  # one practice of the sample is blocked
            output.write_text(done.stdout + done.stderr, encoding="utf-8")
    return store
