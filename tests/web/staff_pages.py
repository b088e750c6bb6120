"""The staff's console over the bank of tests/staff: a browser without scripts, and ways to sign in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

from fakes import from_own_pages
from litestar.testing import TestClient
from litestar.types import ControllerRouterHandler
from staffed import Staffed

from feiqian import features
from feiqian.settings import Settings
from feiqian.subjects import Role
from feiqian.testing.pages import lent_application
from feiqian.web.application import application
from feiqian.web.assets import static_file
from feiqian.web.cookies import Cookies
from feiqian.web.language import change_language
from feiqian.web.render import renderers
from feiqian.web.site import Site
from feiqian.web.streams import Hub

HTML = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin"}


class Browser:
    """Follows no redirect by itself, so that tests see them."""

    def __init__(self, client: TestClient[Any], site: Site) -> None:
        self.client, self.site = client, site
        client.headers.update(HTML)

    def get(self, path: str, **more: Any) -> Any:
        return self.client.get(path, follow_redirects=False, **more)

    def post(self, path: str, **fields: str) -> Any:
        return self.client.post(path, data=fields, follow_redirects=False)

    def follow(self, answer: Any) -> Any:
        assert answer.status_code == 303, answer.text
        return self.get(answer.headers["location"])

    def is_customer(self, token: str) -> None:
        self.client.cookies.set(self.site.cookies.session, token)

    def is_staff(self, token: str) -> None:
        self.client.cookies.set(self.site.cookies.of[Role.STAFF].session, token)

    def nobody(self) -> None:
        self.client.cookies.clear()


def site_of(bank: Staffed) -> Site:
    """The site over this bank; of the other features only what the console asks."""
    services = SimpleNamespace(
        settings=Settings(),
        cipher=bank.services.cipher,
        clock=bank.clock,
        sessions=bank.services.sessions,
        customers=bank.customers,
        staff=bank.staff,
        at_work={Role.STAFF: bank.staff},
        back_office=bank.back_office,
        policy=bank.services.policy,
        work=bank.services.work,
        db=bank.services.db,
        transactions=bank.services.transactions,
        verification=bank.services.verification,
        deposits=bank.services.deposits,
        account_states=bank.services.account_states,
        quick=bank.services.quick,
    )
    looks = renderers(bank.clock, "Asia/Shanghai")
    return Site(Hub(), looks, services, Cookies(services.settings.public_origin))  # type: ignore[arg-type]


def staff_routes() -> list[ControllerRouterHandler]:
    return [*features.pages(), change_language, static_file]


def app_of(site: Site) -> Any:
    return from_own_pages(application(site, staff_routes()))


@contextmanager
def browsing(bank: Staffed) -> Iterator[Browser]:
    """A browser of this bank's pages, where nobody is signed in."""
    site = site_of(bank)
    with (
        lent_application(site, staff_routes) as app,
        TestClient(from_own_pages(app), base_url="http://127.0.0.1:8080", raise_server_exceptions=False) as client,
    ):
        yield Browser(client, site)


def hidden(html: str, name: str) -> str:
    """The value of a hidden field."""
    found = re.search(rf'name="{name}" value="([^"]*)"', html)
    assert found, f"no hidden field {name}"
    return found[1]


def text_of(html: str) -> str:
    """The words of a page."""
    body = re.sub(r"<script.*?</script>|<svg.*?</svg>", " ", html, flags=re.S)
    return " ".join(re.sub(r"<[^>]+>", " ", body).split())
