"""Where the data files lie: in a checkout under `data/`, in an installed wheel under `scr_data/`."""

from pathlib import Path

import yaml

YAML_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The safe loader, in C where PyYAML has it: every command reads contracts and reference lists."""

_ROOT = Path(__file__).parent.parent


def data_path(*parts: str) -> Path:
    """Path of a file or folder of `data/`, such as `data_path("contracts", "source")`.

    Raises FileNotFoundError where neither a checkout nor a wheel holds it.
    """
    for root in (_ROOT / "data", _ROOT / "scr_data"):
        path = root.joinpath(*parts)
        if path.exists():
            return path
    raise FileNotFoundError(f"data file {'/'.join(parts)} is neither in the wheel nor in the checkout")
