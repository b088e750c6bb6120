"""The real-name check: what levels allow, pictures that are taken, and what is said of each outcome."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from customer_fakes import chinese_id
from litestar.testing import TestClient

from feiqian.auth.errors import DetailsInvalid
from feiqian.kyc.errors import ClaimMissing, ImageRefused
from feiqian.kyc.images import FILE_BYTES
from feiqian.onboarding.errors import AlreadyChecked, ChecksUsedUp

FRONT = {"front": ("front.jpg", b"\xff\xd8picture", "image/jpeg")}


def test_each_level_says_what_it_allows_and_the_own_one_is_marked(alice: TestClient, services: Any) -> None:
    page = alice.get("/identity").text
    assert "No payments yet" in page
    assert "Up to ¥2,000.00 a payment, ¥2,000.00 a day" in page
    assert 'aria-current="step"' in page
    assert "JPEG, PNG or WebP, at most 8 MB." in page
    assert 'enctype="multipart/form-data"' in page


def test_pictures_are_handed_on_and_the_page_says_what_came_of_them(alice: TestClient, services: Any) -> None:
    back = {"back": ("back.png", b"\x89PNG", "image/png")}
    done = alice.post("/identity", files=FRONT | back, follow_redirects=False)
    assert done.headers["location"] == "/identity"
    assert services.real_name.given == [(1, [b"\xff\xd8picture", b"\x89PNG"], None)]


def test_a_picture_as_large_as_is_allowed_passes_the_door(alice: TestClient, services: Any) -> None:
    alice.post("/identity", files={"front": ("f.jpg", b"x" * FILE_BYTES, "image/jpeg")})
    assert len(services.real_name.given[0][1][0]) == FILE_BYTES
    huge = b"x" * (3 * FILE_BYTES)
    assert alice.post("/identity", files={"front": ("f.jpg", huge, "image/jpeg")}).status_code == 413


@pytest.mark.parametrize("files", [{"other": ("x", b"y")}, {"front": ("", b"")}])
def test_no_picture_is_said_so(alice: TestClient, services: Any, files: Any) -> None:
    page = alice.post("/identity", files=files)
    assert page.status_code == 422
    assert "Choose a picture of your document." in page.text


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ImageRefused("too_large"), "This file is too large."),
        (ImageRefused("not_a_picture"), "not a JPEG, PNG or WebP"),
        (ImageRefused("a new reason"), "not a JPEG, PNG or WebP"),
        (ChecksUsedUp("?"), "Please try again tomorrow."),
        (ClaimMissing("?"), "We do not know your document yet."),
        (DetailsInvalid("name", "too_long"), "This is too long."),
    ],
)
def test_what_is_refused_is_said_so(alice: TestClient, services: Any, error: Exception, said: str) -> None:
    services.real_name.raises = error
    page = alice.post("/identity", files=FRONT)
    assert page.status_code == 422
    assert said in page.text


@pytest.mark.parametrize(
    ("sent", "place", "field"),
    [
        (("front", "back"), 0, "front"),
        (("front", "back"), 1, "back"),
        (("back",), 0, "back"),
        (("front", "back"), None, ""),
    ],
)
def test_a_picture_that_is_refused_is_named(
    alice: TestClient, services: Any, sent: tuple[str, ...], place: int | None, field: str
) -> None:
    services.real_name.raises = ImageRefused("too_small", place)
    page = alice.post("/identity", files=dict.fromkeys(sent, ("a.jpg", b"picture", "image/jpeg"))).text
    wrong = {name for name in ("front", "back", "name", "number", "mrz") if f'id="e-{name}"' in page}
    assert wrong == {field} - {""}
    assert ('id="summary"' in page) is True


def test_who_is_checked_already_is_told_how_it_stands(alice: TestClient, services: Any) -> None:
    services.real_name.raises = AlreadyChecked("checked")
    assert alice.post("/identity", files=FRONT, follow_redirects=False).status_code == 303


def test_the_three_outcomes(alice: TestClient, services: Any) -> None:
    services.real_name.review("refused", "name_differs", "a word of later")
    refused = alice.get("/identity").text
    assert "could not be verified" in refused
    assert "Your name is not the one in the document." in refused
    assert "Something about the document is not clear." in refused
    assert 'type="file"' in refused
    services.real_name.review("unknown", "looked_at_by_staff")
    waiting = alice.get("/identity").text
    assert "Our staff are looking at your document" in waiting
    assert 'type="file"' not in waiting
    services.real_name.review("verified")
    services.level = 1
    verified = alice.get("/identity").text
    assert "Your identity is verified" in verified
    assert 'type="file"' not in verified


@pytest.mark.parametrize("reason", ["too_young", "document_of_another"])
def test_where_another_try_cannot_help_there_is_no_form_and_it_is_said_whom_to_contact(
    alice: TestClient, services: Any, reason: str
) -> None:
    services.real_name.review("refused", reason)
    page = alice.get("/identity").text
    assert 'type="file"' not in page
    assert "Put this right below" not in page
    assert "please come to a branch with your document" in page
    services.settings = msgspec.structs.replace(services.settings, contact="95000, day & night")
    assert "contact us: 95000, day &amp; night" in alice.get("/identity").text


def test_who_has_used_up_the_checks_of_a_day_has_no_form_until_tomorrow(alice: TestClient, services: Any) -> None:
    services.real_name.raises = ChecksUsedUp("?")
    services.real_name.review("refused", "name_differs")
    page = alice.get("/identity").text
    assert 'type="file"' not in page
    assert "Please try again tomorrow." in page
    services.real_name.review("unknown", "looked_at_by_staff")
    assert "Please try again tomorrow." not in alice.get("/identity").text


def test_what_was_entered_wrongly_can_be_put_right(alice: TestClient, services: Any) -> None:
    anew = {"kind": "cn_id", "name": "李小龙", "number": chinese_id()}
    alice.post("/identity", files=FRONT, data=anew)
    corrected = services.real_name.given[0][2]
    assert (corrected.name, corrected.number, corrected.password) == ("李小龙", chinese_id(), "")
    page = alice.post("/identity", files=FRONT, data=anew | {"number": "1"})
    assert "has 18 characters" in page.text
    assert len(services.real_name.given) == 1


def test_only_who_is_signed_in_sees_it(client: TestClient, services: Any) -> None:
    answer = client.get("/identity", headers={"Accept": "text/html"}, follow_redirects=False)
    assert answer.headers["location"] == "/sign-in?next=/identity"
