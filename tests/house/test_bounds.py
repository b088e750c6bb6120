"""SECURITY.md's table of bounds is checked against the code: each value is that of the constant or setting named."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

from feiqian.settings import Settings

ROW = re.compile(r"^\| [^|]+ \| `([^`|]+)` \| `([\w.]+)` \|$", re.M)


def bounds(root: Path) -> list[tuple[str, str]]:
    """The value and the place (`module.NAME`, or `settings.name`) of each row."""
    text = (root / "SECURITY.md").read_text()
    _, found, table = text.partition("## Bounds")
    assert found, "SECURITY.md has no section '## Bounds'"
    return ROW.findall(table.partition("\n## ")[0])


def in_code(place: str) -> object:
    """The value of `module.NAME` (of `module.Class.NAME`) in feiqian, or the default of `settings.name`."""
    folder, _, name = place.rpartition(".")
    if folder == "settings":
        return getattr(Settings(), name)
    try:
        return getattr(importlib.import_module(f"feiqian.{folder}"), name)
    except ModuleNotFoundError:
        module, _, type_name = folder.rpartition(".")
        return getattr(getattr(importlib.import_module(f"feiqian.{module}"), type_name), name)


def test_every_bound_is_documented_with_its_value(root: Path) -> None:
    rows = bounds(root)
    assert len(rows) >= 8, "SECURITY.md's table of bounds was not read"
    for value, place in rows:
        assert value.replace(",", "").replace("_", "") == str(in_code(place)), f"SECURITY.md says {place} is {value}"


def test_no_bound_is_listed_twice(root: Path) -> None:
    places = [place for _, place in bounds(root)]
    assert len(places) == len(set(places))
