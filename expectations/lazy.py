"""Puts off the import of a module until something in it is used."""

import importlib.util
import sys


def defer(name: str) -> None:
    """Let `from package import module` cost nothing until an attribute of the module is first read.

    `name` is dotted, as in `scipy.stats`. Does nothing where it is imported already.
    Raises ModuleNotFoundError where no such module is installed.
    """
    if name in sys.modules:
        return
    spec = importlib.util.find_spec(name)
    if spec is None or spec.loader is None:
        raise ModuleNotFoundError(name)
    spec.loader = importlib.util.LazyLoader(spec.loader)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    package, _, child = name.rpartition(".")
    setattr(sys.modules[package], child, module)  # else the import statement looks, and so loads, the module
