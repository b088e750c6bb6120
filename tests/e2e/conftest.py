"""A demo for each module in a child process, and Chromium to look at it. What a page complains of fails the test."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from browsing import ARTEFACTS, PATIENCE, Demo, Watched, screenshot, start_demo, stop_demo
from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright

from feiqian.testing import chromium

expect.set_options(timeout=PATIENCE)


# For this folder, not for the whole run: Playwright keeps an event loop running, in which others could not run theirs.
@pytest.fixture(scope="package")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="package")
def browser(playwright: Playwright) -> Iterator[Browser]:
    browser = chromium.launch(playwright)
    yield browser
    browser.close()


@pytest.fixture(autouse=True)
def _pages_of_its_own(browser: Browser) -> Iterator[None]:
    """No page of a test asks its bank for news while the next one runs."""
    yield
    for context in browser.contexts:
        context.close()


@pytest.fixture(scope="package")
def seeded_demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A demo's folder as its first start leaves it: seeded, with a read model."""
    folder = tmp_path_factory.mktemp("seeded")
    assert stop_demo(start_demo(folder)) == 0
    return folder


# They change nothing that another of them looks at: no person is frozen, and no limit of a network is used up.
SHARING = {
    "test_accessible",
    "test_activity",
    "test_amounts",
    "test_code_pictures",
    "test_codes_readable",
    "test_languages",
    "test_looking",
    "test_typing",
}


@pytest.fixture(scope="package")
def shared_demo(tmp_path_factory: pytest.TempPathFactory, seeded_demo: Path, browser: Browser) -> Iterator[Demo]:
    with running_demo(tmp_path_factory.mktemp("shared"), seeded_demo, browser) as demo:
        yield demo


@pytest.fixture(scope="module")
def demo(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """Of the module's own, or the one that those share which disturb nobody: starting one takes seconds."""
    if Path(request.node.path).stem in SHARING:
        yield request.getfixturevalue("shared_demo")
    else:
        seeded, browser = request.getfixturevalue("seeded_demo"), request.getfixturevalue("browser")
        with running_demo(tmp_path_factory.mktemp("demo"), seeded, browser) as demo:
            yield demo


@contextmanager
def running_demo(folder: Path, seeded_demo: Path, browser: Browser) -> Iterator[Demo]:
    shutil.copytree(seeded_demo / "bank", folder / "bank")
    started = start_demo(folder)
    page = browser.new_page()
    page.goto(started.base + "/")
    for name in ("customer", "merchant"):
        options = page.locator(f"select[name={name}] option").all()
        setattr(started, name + "s", [option.get_attribute("value") for option in options])
    started.names = page.locator("select[name=customer] option").all_text_contents()
    page.close()
    yield started
    stop_demo(started)


@pytest.fixture
def watched(browser: Browser, demo: Demo) -> Iterator[Watched]:
    watched = Watched(browser, demo.base)
    yield watched
    watched.close()
    assert watched.complaints == []


@pytest.fixture
def keep() -> Callable[[Page, str], None]:
    """Keeps a screenshot among the artefacts."""
    ARTEFACTS.mkdir(exist_ok=True)

    def take(page: Page, name: str) -> None:
        (ARTEFACTS / f"{name}.png").write_bytes(screenshot(page))

    return take
