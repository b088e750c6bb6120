"""Two people in one browser: a page acts for whom it shows, and when somebody else is signed in, for nobody."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from customer_fakes import add_customers
from fakes import ALICE, CODE, StillBank, from_own_pages, still_demo
from litestar import Litestar
from litestar.routes import HTTPRoute
from litestar.testing import TestClient

from feiqian import features
from feiqian.demo import pages as demo
from feiqian.policy import people
from feiqian.subjects import Role
from feiqian.web.application import OWN, application, home
from feiqian.web.site import Site
from feiqian.web.whose import ACTS_FOR, ASKED_BY_A_PAGE, UNDER_WAY, for_whom_it_shows

BANK = [*OWN, *features.pages()]

MARK = re.compile(r'<meta name="page-for" content="([^"]*)">')
BOB = ALICE._replace(number=2, id="cus_bob", name="Bob")
PEOPLE = {"Accept": "text/html"}


@pytest.fixture
def two(still: StillBank) -> StillBank:
    still.people = [ALICE, BOB]
    return still


@pytest.fixture
def services(site: Site) -> Any:
    services = add_customers(site.services, site.services.clock)
    services.level = 2
    return services


def sign_in(client: TestClient[Any], site: Site, number: int) -> None:
    client.cookies.clear()
    client.cookies.set(site.cookies.session, site.services.sessions.sign_in(number))


def page_of(client: TestClient[Any], path: str = "/wallet") -> dict[str, str]:
    """The mark that a page of now carries, as its script sends it."""
    found = MARK.search(client.get(path, headers=PEOPLE).text)
    assert found
    return {"Page-For": found[1]}


# --- customers ----------------------------------------------------------------------------------------------------


def test_abuse_91_a_wallet_gets_no_code_of_another_who_signed_in_beside_it(
    client: TestClient[Any], site: Site, two: StillBank
) -> None:
    sign_in(client, site, 1)
    tab = page_of(client)
    assert client.get("/wallet/code", headers=tab).json()["digits"] == CODE
    sign_in(client, site, 2)
    refused = client.get("/wallet/code", headers=tab)
    assert (refused.status_code, refused.headers["page-for"]) == (409, "another")
    assert refused.json() == {"problem": "Another person is signed in in this browser"}
    assert client.get("/wallet/code", headers=page_of(client)).json()["digits"] == CODE


@pytest.mark.parametrize("given", ["header", "address"])
def test_abuse_91_no_stream_is_opened_for_a_page_of_another(
    client: TestClient[Any], site: Site, two: StillBank, given: str
) -> None:
    sign_in(client, site, 1)
    tab = page_of(client)
    sign_in(client, site, 2)
    asked = {"headers": tab} if given == "header" else {"params": {"page_for": tab["Page-For"]}, "headers": {}}
    if given == "address":
        asked["headers"] = {"Page-For": ""}
    answer = client.get("/wallet/events", **asked)
    assert answer.status_code == 409
    assert site.hub.places.total == 0


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/security/freeze", {}),
        ("/security/everywhere", {}),
        ("/security/devices/dev_2/forget", {}),
        ("/security/stolen", {"note": ""}),
        ("/confirm/pay_1/refuse", {}),
        ("/sign-out", {}),
        ("/language", {"language": "es", "next": "/wallet"}),
    ],
)
def test_abuse_91_no_form_is_taken_of_a_page_of_another(
    client: TestClient[Any], site: Site, services: Any, two: StillBank, path: str, fields: dict[str, str]
) -> None:
    sign_in(client, site, 2)
    tab = page_of(client)["Page-For"]
    sign_in(client, site, 1)
    for mark in (tab, "", "nonsense", "..", f"{tab}.x"):
        form = {**fields, "page_for": mark}
        answer = client.post(path, data=form, headers={**PEOPLE, "Page-For": ""}, follow_redirects=False)
        assert answer.status_code == 409
        assert "Another person is signed in in this browser" in answer.text
    assert services.security.did == services.payments.did == []
    fields["page_for"] = page_of(client)["Page-For"]
    taken = client.post(path, data=fields, headers={**PEOPLE, "Page-For": ""}, follow_redirects=False)
    assert taken.status_code == 303
    assert services.security.did + services.payments.did


def test_abuse_91_pictures_of_a_document_are_taken_from_its_owners_page_only(
    client: TestClient[Any], site: Site, services: Any, two: StillBank
) -> None:
    services.level = 0  # who has something to prove
    sign_in(client, site, 1)
    action = re.search(r'action="(/identity\?page_for=[^"]+)"', client.get("/identity", headers=PEOPLE).text)
    assert action
    sign_in(client, site, 2)
    files = {"front": ("front.jpg", b"not a picture", "image/jpeg")}
    refused = client.post(action[1], files=files, headers={**PEOPLE, "Page-For": ""}, follow_redirects=False)
    assert refused.status_code == 409
    assert services.real_name.given == []
    sign_in(client, site, 1)
    taken = client.post(action[1], files=files, headers={**PEOPLE, "Page-For": ""}, follow_redirects=False)
    assert taken.status_code == 303
    assert len(services.real_name.given) == 1


def test_abuse_91_a_page_left_open_over_a_sign_out_leads_to_the_sign_in_page(
    client: TestClient[Any], site: Site, services: Any, two: StillBank
) -> None:
    sign_in(client, site, 1)
    tab = page_of(client)
    client.cookies.clear()
    answer = client.get("/wallet/code", headers=tab)
    assert (answer.status_code, answer.headers["page-for"]) == (401, "nobody")
    left = client.post("/security/freeze", headers={**PEOPLE, **tab}, follow_redirects=False)
    assert (left.status_code, left.headers["location"]) == (303, "/sign-in?next=/wallet")
    assert services.security.did == []


def test_abuse_91_a_page_made_for_nobody_does_nothing_for_who_signed_in_since(
    client: TestClient[Any], site: Site, services: Any
) -> None:
    client.cookies.clear()
    tab = page_of(client, "/sign-in")
    sign_in(client, site, 1)
    answer = client.post("/language", data={"language": "es", "next": "/"}, headers=tab, follow_redirects=False)
    assert answer.status_code == 409
    assert services.security.did == []


def test_the_same_person_who_signs_in_again_goes_on_with_the_pages_that_are_open(
    client: TestClient[Any], site: Site, two: StillBank
) -> None:
    sign_in(client, site, 1)
    tab = page_of(client)
    sign_in(client, site, 1)
    assert client.get("/wallet/code", headers=tab).status_code == 200
    assert client.get("/page-for", headers=tab).status_code == 204


def test_a_mark_does_not_tell_whose_it_is(client: TestClient[Any], site: Site, two: StillBank) -> None:
    sign_in(client, site, 1)
    mark = page_of(client)["Page-For"]
    token = client.cookies[site.cookies.session]
    assert len(mark) < 80
    assert not {"customer", ALICE.id, token} & set(re.split(r"[.:]", mark))


# --- what is under way --------------------------------------------------------------------------------------------


def test_abuse_91_a_step_of_one_registration_is_not_a_step_of_another(
    client: TestClient[Any], site: Site, services: Any
) -> None:
    start = {"country": "CN", "mobile": "13800138000"}
    client.cookies.clear()
    client.post("/register", data=start, headers=PEOPLE)
    tab = page_of(client, "/register/code")
    site.services.registration.start = _another(site.services.registration)
    client.post("/register", data=start, headers=PEOPLE)
    form = {"do": "answer", "factor": "password", "answer": "open sesame", "way": "0"}
    answer = client.post("/register/code", data=form, headers=tab, follow_redirects=False)
    assert answer.status_code == 409
    assert site.services.registration.passed == ()
    go_on = client.post("/register/code", data=form, headers=page_of(client, "/register/code"), follow_redirects=False)
    assert go_on.status_code == 303


def _another(doors: Any) -> Any:
    begin = doors.start

    async def start(*asked: str) -> Any:
        return (await begin(*asked))._replace(application="app_other")

    return start


# --- the demo -----------------------------------------------------------------------------------------------------


def test_the_demos_doors_open_from_a_page_of_anybody(client: TestClient[Any], site: Site, two: StillBank) -> None:
    sign_in(client, site, 1)
    form = {"door": "phone", "customer": BOB.id}
    answer = client.post("/demo/phone", data=form, headers={"Page-For": ""}, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/wallet")


def test_phone_and_till_side_by_side_are_of_who_is_signed_in(
    client: TestClient[Any], site: Site, two: StillBank
) -> None:
    sign_in(client, site, 1)
    place = f"/together?customer={ALICE.id}&merchant=mer_cafe"
    assert f"beside={ALICE.id}" in client.get(place).text
    sign_in(client, site, 2)
    moved = client.get(place, follow_redirects=False)
    assert (moved.status_code, moved.headers["location"]) == (303, f"/together?customer={BOB.id}&merchant=mer_cafe")


def test_phone_and_till_side_by_side_of_nobody_lead_to_where_they_are_chosen(client: TestClient[Any]) -> None:
    for query in ("", "?customer=cus_alice", "?merchant=mer_cafe", "?customer=&merchant="):
        answer = client.get(f"/together{query}", follow_redirects=False)
        assert (answer.status_code, answer.headers["location"]) == (303, "/"), query


# --- every route and every form -----------------------------------------------------------------------------------

FOR_ANYBODY = {  # what acts for nobody who is signed in: doors, and what names in itself for whom it acts
    "/register", "/sign-in", "/sign-in/passkey", "/sign-in/passkey/options", "/recover",
    "/staff/sign-in", "/staff/sign-in/key", "/staff/sign-in/key-options",
    "/staff/enrol", "/staff/enrol/password", "/staff/enrol/code", "/staff/enrol/key", "/staff/enrol/key-options",
    "/merchants/sign-in", "/merchants/sign-in/key", "/merchants/sign-in/key-options",
    "/merchants/invitation", "/merchants/invitation/password", "/merchants/invitation/code",
    "/merchants/invitation/key", "/merchants/invitation/key-options",
    "/password-strength",  # of what is typed, whoever types it
    "/push/renew",  # a browser by itself: the address that it had is the proof
    "/quick",  # an account by its whole number, proved by a code to the number on file
    "/bill/{number:str}", "/pay/{number:str}",  # name the number and the account that pay
    "/bill/{number:str}/forget", "/pay/{number:str}/forget",  # of the browser, whoever sits there
    "/demo/phone", "/demo/staff", "/demo/merchant", "/demo/traffic",
    "/till/{merchant:str}/payments", "/till/{merchant:str}/questions", "/till/{merchant:str}/cancellations",
    "/till/{merchant:str}/refunds", "/till/{merchant:str}/frames", "/till/{merchant:str}/beside",
}  # fmt: skip


def routes(app: Litestar) -> dict[tuple[str, str], Any]:
    found = [route for route in app.routes if isinstance(route, HTTPRoute)]
    return {
        (method, route.path): handler
        for route in found
        for method, (handler, _) in route.route_handler_map.items()
        if method != "OPTIONS"
    }


def test_every_route_that_changes_something_is_guarded_for_whom_it_acts(site: Site) -> None:
    changing = {
        path: handler
        for (method, path), handler in routes(
            application(site, [*BANK, *demo.routes(still_demo(site.services))])
        ).items()
        if method not in ("GET", "HEAD")
    }
    assert len(changing) > 50
    assert all(for_whom_it_shows in handler.resolve_guards() for handler in changing.values())
    free = {path for path, handler in changing.items() if not handler.opt.get(ACTS_FOR, (Role.CUSTOMER,))}
    assert free == FOR_ANYBODY
    staffs = {path for path, handler in changing.items() if Role.STAFF in handler.opt.get(ACTS_FOR, ())}
    users = {path for path, handler in changing.items() if Role.USER in handler.opt.get(ACTS_FOR, ())}
    doors = {"/staff/sign-in/code", "/merchants/sign-in/code"}
    assert staffs == {path for path in changing if path.startswith("/staff/")} - FOR_ANYBODY - doors
    assert users == {path for path in changing if path.startswith("/merchants/")} - FOR_ANYBODY - doors
    steps = {path for path, handler in changing.items() if UNDER_WAY in handler.opt.get(ACTS_FOR, ())}
    assert doors < steps


WORKING = [kind for kind in people.PEOPLE if kind.role is not Role.CUSTOMER]


@pytest.mark.parametrize("kind", WORKING, ids=[kind.name for kind in WORKING])
def test_each_kind_that_works_here_has_a_console_and_its_ways_in_and_out(site: Site, kind: people.KindOfPerson) -> None:
    paths = {path for _, path in routes(application(site, BANK))}
    assert {kind.home, kind.sign_in, f"{kind.home}/sign-out", f"{kind.home}/page-for"} <= paths


def test_what_a_page_asks_by_itself_is_guarded_too(site: Site) -> None:
    every = routes(application(site, [*BANK, home]))
    asked = {path for (method, path), handler in every.items() if method == "GET" and handler.opt.get(ASKED_BY_A_PAGE)}
    known = {"/wallet/code", "/wallet/events", "/confirm/{payment:str}/state", "/page-for", "/staff/page-for"}
    known |= {"/merchants/page-for", "/wallet/home/events"}
    assert asked == known


FORM = re.compile(r'<form\b[^>]*method="post"[^>]*>(.{0,80})', re.S | re.I)
TEMPLATES = sorted((Path(__file__).parents[2] / "src/feiqian").glob("*/templates/**/*.html"))


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: f"{path.parent.parent.name}-{path.stem}")
def test_every_form_that_changes_something_carries_the_mark(template: Path) -> None:
    for begins in FORM.findall(template.read_text()):
        assert begins.startswith('<input type="hidden" name="page_for" value="{{ page_for }}">')


def test_tests_ask_as_own_pages_do(site: Site, client: TestClient[Any]) -> None:
    """What `from_own_pages` adds is what the page itself carries."""
    sign_in(client, site, 1)
    app = from_own_pages(application(site, BANK))
    with TestClient(app, base_url="http://127.0.0.1:8080", cookies=client.cookies) as other:
        assert other.get("/page-for").status_code == 204
