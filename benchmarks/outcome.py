"""What an engine's process leaves behind: pairs, clusters, seconds, peak memory. Standard library alone."""

import json
import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path


@dataclass
class Outcome:
    """Seconds per step, processor time and peak memory of one engine's process."""

    seconds: dict[str, float] = field(default_factory=dict)
    cpu_seconds: float = 0.0
    """Processor time of the whole process, imports too; other work on the machine hardly moves it."""
    peak_mb: float = 0.0

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Add the wall time of the block to the step's."""
        started = time.perf_counter()
        yield
        self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - started

    @property
    def total(self) -> float:
        """Seconds of all steps."""
        return sum(self.seconds.values())

    def figures(self) -> dict[str, object]:
        """What a row of the report says of it."""
        return {
            "seconds": self.total,
            "cpu_seconds": self.cpu_seconds,
            "peak_mb": self.peak_mb,
            "steps": self.seconds,
        }

    def save(self, path: Path) -> None:
        """Write, with processor time and peak memory of this process until now."""
        self.peak_mb, self.cpu_seconds = peak_mb(), time.process_time()
        path.write_text(json.dumps(asdict(self), indent=1), encoding="utf-8")


def load(path: Path) -> Outcome:
    """Read what `save` wrote."""
    return Outcome(**json.loads(path.read_text(encoding="utf-8")))


def peak_mb() -> float:
    """Peak resident memory of this process since its start, without what its parent held before it."""
    status = Path("/proc/self/status")
    if status.exists():
        lines = status.read_text(encoding="ascii").splitlines()
        return next(float(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
