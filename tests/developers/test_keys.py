"""A key is made with a scope, shown once, used, refused outside of it, and revoked; each role and merchant its own."""

from __future__ import annotations

import httpx
from shop_people import Bank, User, codes

PLACE = "/developers/keys"


def make(user: User, name: str, *scopes: str) -> str:
    """The key, as the page shows it once."""
    user.get(PLACE)
    user.post(PLACE, name=name, days="30", **{f"scope-{scope}": "yes" for scope in scopes})
    done = user.confirm(f"{PLACE}/confirm")
    assert done.status_code == 200, user.page
    [key] = codes(user.page)
    return key


def call(bank: Bank, key: str, path: str) -> int:
    return httpx.get(bank.url + path, headers={"Authorization": f"Bearer {key}"}).status_code


def test_a_key_opens_what_it_may_and_is_revoked(bank: Bank) -> None:
    dev = bank.join("developer")
    key = make(dev, "Web shop", "orders:read")
    assert (call(bank, key, "/v1/orders"), call(bank, key, "/v1/balance")) == (200, 403)
    listed = dev.get(PLACE)
    assert key not in listed
    assert key[:12] in listed
    assert "Web shop" in listed
    [info] = [one for one in bank.services.merchants.keys(bank.merchants[0].number) if one.name == "Web shop"]
    assert "Developer" in dev.get(f"{PLACE}/{info.id}")
    dev.post(f"{PLACE}/{info.id}/revoke")
    assert call(bank, key, "/v1/orders") == 200  # not before it is confirmed
    dev.confirm(f"{PLACE}/confirm")
    assert "revoked" in dev.page
    assert call(bank, key, "/v1/orders") == 401
    assert "Web shop" in dev.get(f"{PLACE}/over")
    with bank.services.db.read() as connection:
        made = [one for one in bank.services.audit_log.newest(connection) if one.action.startswith("merchant_key")]
    assert [(one.action, one.actor.number) for one in made[:2]] == [
        ("merchant_key_revoked", dev.number),
        ("merchant_key_made", dev.number),
    ]


def test_the_same_confirmation_makes_one_key(bank: Bank) -> None:
    dev = bank.join("developer", name="Twice")
    dev.get(PLACE)
    dev.post(PLACE, name="Once", days="0", **{"scope-webhooks": "yes"})
    dev.confirm(f"{PLACE}/confirm", times=2)
    assert codes(dev.page) == []
    names = [one.name for one in bank.services.merchants.keys(bank.merchants[0].number)]
    assert names.count("Once") == 1


def test_a_form_that_makes_no_sense_says_so(bank: Bank) -> None:
    dev = bank.join("developer", name="Wrong")
    dev.get(PLACE)
    refused = dev.post(PLACE, name="", days="7")
    assert refused.status_code == 422
    assert all(text in refused.text for text in ("Write a name", "Choose what it may do", "Choose when it ends"))
    make(dev, "Taken", "webhooks")
    dev.get(PLACE)
    refused = dev.post(PLACE, name="Taken", days="0", **{"scope-webhooks": "yes"})
    assert "A key in use has this name" in refused.text


def test_a_viewer_sees_no_buttons_and_is_refused_by_hand(bank: Bank) -> None:
    viewer, stranger = bank.join("viewer"), bank.join("owner", 1)
    key = bank.services.merchants.keys(bank.merchants[0].number)[0]
    for page in (viewer.get(PLACE), viewer.get(f"{PLACE}/{key.id}")):
        assert f'action="/merchants{PLACE}' not in page
    assert viewer.post(PLACE, name="Mine", days="0", **{"scope-webhooks": "yes"}).status_code == 403
    viewer.get(PLACE)
    assert viewer.post(f"{PLACE}/{key.id}/revoke").status_code == 403
    assert bank.join("operator").client.get(f"/merchants{PLACE}").status_code == 403
    assert stranger.client.get(f"/merchants{PLACE}/{key.id}").status_code == 404
    stranger.get(PLACE)
    assert stranger.post(f"{PLACE}/{key.id}/revoke").status_code == 404
