"""One run of the sample fleet that the tests of the flows share."""

from pathlib import Path

import pytest

from tests.flows.command import AS_OF, scr


@pytest.fixture(scope="session")
def sample_store(sample_landing: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Store of one run of the sample fleet, for reading; what was printed is beside it in `output.txt`."""
    folder = tmp_path_factory.mktemp("sample") / "store"
    done = scr("run", "--landing", sample_landing, "--store", folder, "--as-of", AS_OF)
    assert done.returncode == 1, done.stderr  # one practice of the sample is blocked
    (folder.parent / "output.txt").write_text(done.stdout + done.stderr, encoding="utf-8")
    return folder
