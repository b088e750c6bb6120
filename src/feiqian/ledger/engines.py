"""Chooses the engine: the native one, or, where its library is not built, the specification with a warning. Other
parts of the native library (the permutation of payment codes) follow the same choice.

FEIQIAN_ENGINE=native or FEIQIAN_ENGINE=spec leaves no choice.
"""

from __future__ import annotations

import ctypes
import logging
import os
from collections.abc import Callable
from typing import TypeVar

from .engine import Engine
from .native import EngineUnavailable, NativeEngine, shared_library
from .spec import SpecEngine

N = TypeVar("N")
S = TypeVar("S")
_log = logging.getLogger(__name__)


def new_engine() -> Engine:
    """An empty engine. Raises EngineUnavailable if the native one is demanded and missing, ValueError for a demand of
    another name."""
    return _chosen(NativeEngine, SpecEngine)


def native_library() -> ctypes.PyDLL | None:
    """The native library, or None where specifications serve. Raises as `new_engine`."""
    return _chosen(shared_library, lambda: None)


def _chosen(native: Callable[[], N], specification: Callable[[], S]) -> N | S:
    wanted = os.environ.get("FEIQIAN_ENGINE", "")
    if wanted not in ("", "native", "spec"):
        raise ValueError(f"FEIQIAN_ENGINE is {wanted!r}; it may be native or spec")
    if wanted == "spec":
        return specification()
    try:
        return native()
    except EngineUnavailable as error:
        if wanted == "native":
            raise
        _log.warning("%s. The specification serves instead: correct, but slow", error)
        return specification()
