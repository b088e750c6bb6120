"""A running demo and a browser, as values: how they are started, stopped and watched."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Error, Locator, Page

from feiqian.testing.clock import zone_at_noon

FAKE_CAMERA = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 800}
ARTEFACTS = Path(__file__).parents[2] / "artefacts"
ADDRESS = re.compile(r"Open\s+(http://\S+?)/\s")
STOP_SECONDS = 60
PATIENCE = 60_000  # milliseconds: a machine may have other things to do, and nothing is judged by time
SCREENSHOTS_TRIED = 5


@dataclass
class Demo:
    """A running demo, and whom the start page offers."""

    base: str
    process: subprocess.Popen[str]
    customers: list[str] = field(default_factory=list)
    merchants: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)  # of the customers

    def till(self, place: int = 0, beside: int = 0) -> str:
        return f"{self.base}/till/{self.merchants[place]}?beside={self.customers[beside]}"


def screenshot(of: Page | Locator, **options: Any) -> bytes:
    """A picture, asked for again when Chromium says that it could take none: on a busy machine it sometimes does."""
    for _ in range(SCREENSHOTS_TRIED - 1):
        try:
            return of.screenshot(**options)
        except Error as refused:
            if "Unable to capture screenshot" not in refused.message:
                raise
    return of.screenshot(**options)


def start_demo(folder: Path, port: int = 0) -> Demo:
    command = [sys.executable, "-m", "feiqian", "--data", str(folder / "bank"), "demo", "--port", str(port)]
    with open(folder / "log", "a", encoding="utf-8") as log:
        known = {**os.environ, "FEIQIAN_HASHING": "light", "FEIQIAN_ZONE": zone_at_noon()}
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True, env=known)
    said = ""
    assert process.stdout is not None
    for line in process.stdout:
        said += line
        if found := ADDRESS.search(said):
            return Demo(found[1], process)
    raise AssertionError(f"the demo ended: {said} {(folder / 'log').read_text()}")


def stop_demo(demo: Demo) -> int:
    demo.process.send_signal(signal.SIGINT)
    return demo.process.wait(STOP_SECONDS)


class Watched:
    """Opens pages in contexts of their own, and collects what they complain of and whom else they talk to."""

    def __init__(self, browser: Browser, base: str) -> None:
        self._browser, self._host = browser, urlsplit(base).netloc
        self._contexts: list[BrowserContext] = []
        self.complaints: list[str] = []

    def open(self, address: str, viewport: dict[str, int] = PHONE, scheme: str = "light", **options: Any) -> Page:
        page = self._context(viewport, scheme, options).new_page()
        page.goto(address)
        return page

    def phone(
        self, demo: Demo, place: int = 0, viewport: dict[str, int] = PHONE, scheme: str = "light", **options: Any
    ) -> Page:
        """The page that pays, of one of the demo's people, signed in as the start page's button does it."""
        context = self._context(viewport, scheme, options)
        form = {"door": "phone", "customer": demo.customers[place]}
        headers = {"Origin": demo.base, "Accept-Language": options.get("locale", "en")}
        answer = context.request.post(f"{demo.base}/demo/phone", form=form, headers=headers)
        assert answer.ok, answer.status
        page = context.new_page()
        page.goto(f"{demo.base}/wallet/pay")
        return page

    def _context(self, viewport: dict[str, int], scheme: str, options: dict[str, Any]) -> BrowserContext:
        context = self._browser.new_context(viewport=viewport, color_scheme=scheme, **options)
        context.set_default_timeout(PATIENCE)
        self._contexts.append(context)
        context.on("request", self._asked)
        context.on("console", lambda said: said.type in ("error", "warning") and self.complaints.append(said.text))
        context.on("weberror", lambda error: self.complaints.append(str(error.error)))
        return context

    def _asked(self, request: Any) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in ("data", "blob") and parts.netloc != self._host:
            self.complaints.append(f"asked another host: {request.url}")

    def close(self) -> None:
        for context in self._contexts:
            context.close()
