"""Chromium for tests and pictures: without a window, and with the letters that a phone has.

Takes Debian's chromium-headless-shell, which draws a page for a third of what the whole Chromium takes; else that one.
On a machine without a desktop `system-ui` would be DejaVu, which no phone has and which is wider: here it is Roboto.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Playwright

FONT = "Roboto"  # Debian's fonts-roboto-unhinted; Chinese is drawn in Noto Sans CJK (fonts-noto-cjk), as on Android
MONO = "Noto Sans Mono CJK SC"  # of the same package
QUIET = [
    f"--{name}"
    for name in (
        "no-sandbox",
        "disable-gpu",
        "disable-dev-shm-usage",
        "disable-quic",
        "no-first-run",
        "disable-background-networking",
        "disable-component-update",
        "disable-sync",
    )
]
_NAMES = ("chromium-headless-shell", "chromium")
# Chromium asks for sans-serif where a page says `system-ui` and no desktop says what that is. The system's rules add
# sans-serif to every family that they do not know, so they are told what the pages' first name for code is.
_FONTS = f"""\
<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig>
  <alias><family>ui-monospace</family><default><family>monospace</family></default></alias>
  <include ignore_missing="yes">/etc/fonts/fonts.conf</include>
  <match>
    <test name="family"><string>sans-serif</string></test>
    <edit name="family" mode="prepend_first" binding="strong"><string>{FONT}</string></edit>
  </match>
  <match>
    <test name="family"><string>monospace</string></test>
    <edit name="family" mode="prepend_first" binding="strong"><string>{MONO}</string></edit>
  </match>
</fontconfig>
"""


class ChromiumMissing(Exception):
    """No Chromium was found; says what to install."""


def launch(playwright: Playwright, *arguments: str, whole: bool = False) -> Browser:
    """Starts it, with further arguments; `whole`: the one that knows notifications, too. Raises ChromiumMissing."""
    environment: dict[str, str | float | bool] = {**os.environ, "FONTCONFIG_FILE": str(_fonts())}
    return playwright.chromium.launch(executable_path=_program(whole), args=[*QUIET, *arguments], env=environment)


@cache
def _fonts() -> Path:
    """A file that stays until this process ends: a browser reads it when it needs a font."""
    folder = Path(tempfile.mkdtemp(prefix="feiqian-fonts-"))
    atexit.register(shutil.rmtree, folder)
    (folder / "fonts.conf").write_text(_FONTS)
    return folder / "fonts.conf"


def _program(whole: bool) -> Path:
    for name in _NAMES[1:] if whole else _NAMES:
        if found := shutil.which(name):
            return Path(found)
    raise ChromiumMissing("Chromium was not found: apt install chromium chromium-headless-shell fonts-roboto-unhinted")
