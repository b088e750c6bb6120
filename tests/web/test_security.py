"""Nothing foreign runs on the pages, frames them, or uses them in a visitor's name."""

from __future__ import annotations

import msgspec
import pytest
from fakes import CODE, StillBank, still_demo
from litestar.testing import TestClient

from feiqian import features
from feiqian.demo.pages import routes
from feiqian.web.application import OWN, application
from feiqian.web.cookies import Cookies
from feiqian.web.security import headers, own_host
from feiqian.web.site import Site

SALE = {"order": "A-1", "amount": "32.00", "code": CODE}


def test_every_page_carries_the_policy(client: TestClient) -> None:
    sent = client.get("/till/mer_cafe").headers
    policy = sent["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "'unsafe" not in policy
    assert "http" not in policy
    assert sent["x-content-type-options"] == "nosniff"
    assert sent["permissions-policy"].startswith("camera=(self)")
    assert sent["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Site": "same-origin", "Host": "evil.example"},
    ],
)
def test_a_foreign_page_changes_nothing(client: TestClient, still: StillBank, headers: dict[str, str]) -> None:
    assert client.post("/till/mer_cafe/payments", json=SALE, headers=headers).status_code == 403
    assert still.did == []


@pytest.mark.parametrize(
    ("origin", "status"), [("http://127.0.0.1:8080", 200), ("http://127.0.0.1:9999", 403), ("null", 403), (None, 403)]
)
def test_without_fetch_metadata_the_origin_decides(client: TestClient, origin: str | None, status: int) -> None:
    del client.headers["Sec-Fetch-Site"]
    headers = {} if origin is None else {"Origin": origin}
    assert client.post("/till/mer_cafe/payments", json=SALE, headers=headers).status_code == status


@pytest.mark.parametrize(
    ("origin", "passes"),
    [
        ("https://pay.bank.example", True),
        ("https://PAY.bank.example:443", True),
        ("http://pay.bank.example", False),
        ("http://pay.bank.example:443", False),
        ("https://pay.bank.example:8443", False),
        ("https://pay.bank.example.evil.example", False),
        ("https://pay.bank.example@evil.example", False),
        ("https://evil.example@pay.bank.example", False),
        ("https://pay.bank.example/path", False),
        ("https://pay.bank.example:x", False),
        ("https://[", False),
        ("ftp://pay.bank.example", False),
        ("pay.bank.example", False),
        ("null", False),
    ],
)
def test_a_bank_behind_https_is_changed_from_its_own_https_pages_only(
    site: Site, still: StillBank, origin: str, passes: bool
) -> None:
    site.services.settings = msgspec.structs.replace(site.services.settings, origin="https://pay.bank.example")
    app = application(site, [*OWN, *features.pages(), *routes(still_demo(site.services))], framed=True)
    with TestClient(app, base_url="https://pay.bank.example") as client:
        answer = client.post("/till/mer_cafe/payments", json=SALE, headers={"Origin": origin})
    assert answer.status_code == (200 if passes else 403)
    assert bool(still.did) == passes


def test_a_foreign_host_name_is_shown_nothing(client: TestClient) -> None:
    assert client.get("/wallet", headers={"Host": "bank.evil.example"}).status_code == 403


@pytest.mark.parametrize(
    ("name", "own"),
    [("localhost", True), ("127.0.0.1", True), ("::1", True), ("10.0.0.9", True), ("a.b", False), ("", False)],
)
def test_only_addresses_and_localhost_are_own(name: str, own: bool) -> None:
    assert own_host(name) is own


@pytest.mark.parametrize(("name", "own"), [("pay.bank.example", True), ("bank.example", False), ("localhost", True)])
def test_the_name_in_the_settings_is_own_too(name: str, own: bool) -> None:
    assert own_host(name, "pay.bank.example") is own


def test_a_banks_pages_are_framed_by_nobody_and_stay_behind_https() -> None:
    always = headers("https://pay.bank.example", framed=False)
    assert "frame-ancestors 'none'" in always["Content-Security-Policy"]
    assert always["Strict-Transport-Security"].startswith("max-age=")
    assert "Strict-Transport-Security" not in headers("http://localhost:8080", framed=True)


def test_behind_https_cookies_are_of_this_host_alone_and_scripts_cannot_read_them() -> None:
    cookies = Cookies("https://pay.bank.example")
    cookie = cookies.make(cookies.session, "secret", 60)
    assert cookie.key == "__Host-feiqian"
    assert (cookie.secure, cookie.httponly, cookie.samesite, cookie.path, cookie.domain) == (
        True,
        True,
        "lax",
        "/",
        None,
    )
    assert Cookies("http://localhost:8080").session == "feiqian"


def test_too_large_a_body_is_refused(client: TestClient, still: StillBank) -> None:
    body = b'{"order": "' + b"A" * 20_000 + b'"}'
    answer = client.post("/till/mer_cafe/payments", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 413
    assert still.did == []


def test_a_form_is_not_taken_for_json(client: TestClient, still: StillBank) -> None:
    answer = client.post("/till/mer_cafe/payments", data=SALE)
    assert answer.status_code in (400, 415)
    assert still.did == []


@pytest.mark.parametrize("fields", [b"language=en&next=%ff", b"language=en&next=\xff", b"language=en&%c0%af=x"])
def test_a_form_that_is_not_utf8_is_the_clients_fault(client: TestClient, fields: bytes) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert client.post("/language", content=fields, headers=form, follow_redirects=False).status_code == 400
    good = client.post("/language", content=b"language=en&next=%E4%BD%A0", headers=form, follow_redirects=False)
    assert good.status_code == 303


@pytest.mark.parametrize(
    ("kind", "status"), [(b"text/plain; charset=nonsense", 303), (b"text/plain; charset=\xff", 400)]
)
def test_the_encoding_that_a_part_of_a_form_names_is_not_used(client: TestClient, kind: bytes, status: int) -> None:
    """UTF-8 is what browsers send (WHATWG HTML, 4.10.22.7); a name that is no text is the client's fault."""
    part = b'--x\r\nContent-Disposition: form-data; name="language"\r\nContent-Type: %b\r\n\r\nen\r\n--x--\r\n' % kind
    answer = client.post(
        "/language", content=part, headers={"Content-Type": "multipart/form-data; boundary=x"}, follow_redirects=False
    )
    assert answer.status_code == status


@pytest.mark.parametrize("body", [b"\xff", b'{"order": "\xff"}', b'{"\xff": 1}'])
def test_json_that_is_not_utf8_is_the_clients_fault(client: TestClient, still: StillBank, body: bytes) -> None:
    answer = client.post("/till/mer_cafe/payments", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert still.did == []
