"""Pages over a bank that stands still; the console of a staffed bank; a served bank, and merchants' clients of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
import structlog
from customer_fakes import add_customers
from fakes import StillBank, every_page, from_own_pages, show_demo, still_demo, still_services
from litestar.testing import TestClient
from staff_pages import Browser, browsing
from staffed import Staffed

from feiqian.demo.pages import SLOTS
from feiqian.testing.clock import ManualClock
from feiqian.testing.pages import lent_application
from feiqian.testing.served import Served
from feiqian.web.cookies import Cookies
from feiqian.web.render import renderers
from feiqian.web.site import Site
from feiqian.web.streams import Hub


@pytest.fixture
def still() -> StillBank:
    return StillBank()


@pytest.fixture
def site(still: StillBank) -> Site:
    services, clock = still_services(still), ManualClock()
    looks, cookies = renderers(clock, "Asia/Shanghai", SLOTS), Cookies(services.settings.public_origin)
    return Site(Hub(now=lambda: 0.0), looks, services, cookies)


@pytest.fixture
def services(site: Site) -> Any:
    """The site's services with customers beside them: what they did is in `did` of each."""
    return add_customers(site.services, ManualClock())


@pytest.fixture
def client(site: Site) -> Iterator[TestClient]:
    show_demo(still_demo(site.services))
    with (
        lent_application(site, every_page, framed=True) as app,
        TestClient(from_own_pages(app), base_url="http://127.0.0.1:8080", raise_server_exceptions=False) as client,
    ):
        client.headers["Sec-Fetch-Site"] = "same-origin"
        yield client


@pytest.fixture
def alice(client: TestClient, site: Site) -> TestClient:
    """The client, signed in as Alice."""
    client.cookies.set(site.cookies.session, site.services.sessions.sign_in())
    return client


@pytest.fixture
def bank(tmp_path: Path) -> Iterator[Staffed]:
    with closing(Staffed(tmp_path / "bank")) as bank:
        yield bank


@pytest.fixture
def browser(bank: Staffed) -> Iterator[Browser]:
    """Of the bank's pages; nobody is signed in."""
    with browsing(bank) as browser:
        yield browser


@pytest.fixture
def mei(bank: Staffed) -> str:
    """A customer with a wallet and 100.00 in it."""
    subject = bank.checked().session.subject
    bank.fund(subject.number)
    return bank.do(bank.customers.by_number, subject.number).id


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    bank = Served(tmp_path_factory.mktemp("bank"))
    yield bank
    bank.stop()


@pytest.fixture
def shop(served: Served) -> Iterator[httpx.Client]:
    with served.client() as client:
        yield client


@pytest.fixture
def other_shop(served: Served) -> Iterator[httpx.Client]:
    with served.client(1) as client:
        yield client


@pytest.fixture
def logged() -> Iterator[list[dict[str, Any]]]:
    """What is logged through structlog meanwhile."""
    with structlog.testing.capture_logs() as entries:
        yield entries
