"""The letters of documents: one family for Latin and Chinese, from the package that requirements.lock pins."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

DISTRIBUTION, MODULE = "pylopdf-fonts-zh-cn", "pylopdf_fonts_zh_cn"
FILE = "NotoSansSC-Regular.otf"
MISSING = "font_missing"  # as a worker says it
WHERE_FROM = (
    f"the font {FILE} is missing: install {DISTRIBUTION}, with `pip install -r requirements.lock` or `make build`"
)


class FontMissing(Exception):
    """There is nothing to write Chinese with. Says what to install."""

    def __init__(self) -> None:
        super().__init__(WHERE_FROM)


def folder() -> Path:
    """Where the font's file is. Raises FontMissing."""
    found = find_spec(MODULE)
    if found is None or found.origin is None or not (path := Path(found.origin).with_name(FILE)).is_file():
        raise FontMissing
    return path.parent
