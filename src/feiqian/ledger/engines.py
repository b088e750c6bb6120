"""Chooses the engine: the native one, or, where its library is not built, the specification with a warning.

FEIQIAN_ENGINE=native or FEIQIAN_ENGINE=spec leaves no choice.
"""

from __future__ import annotations

import logging
import os

from .engine import Engine
from .native import EngineUnavailable, NativeEngine
from .spec import SpecEngine

_log = logging.getLogger(__name__)


def new_engine() -> Engine:
    """An empty engine. Raises EngineUnavailable if the native one is demanded and missing, ValueError for a demand of
    another name."""
    wanted = os.environ.get("FEIQIAN_ENGINE", "")
    if wanted not in ("", "native", "spec"):
        raise ValueError(f"FEIQIAN_ENGINE is {wanted!r}; it may be native or spec")
    if wanted == "spec":
        return SpecEngine()
    try:
        return NativeEngine()
    except EngineUnavailable as error:
        if wanted == "native":
            raise
        _log.warning("%s. The specification serves instead: correct, but slow", error)
        return SpecEngine()
