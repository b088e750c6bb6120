"""An endpoint is added; what was sent is seen with bodies and answers, and sent again; roles and merchants apart."""

from __future__ import annotations

import re

from receiving import Answer, Receiver
from shop_people import Bank, User, codes

PLACE = "/developers/webhooks"
DELIVERY = re.compile(rf"/merchants({PLACE}/deliveries/dlv_[0-9a-f]+)")


def add(user: User, receiver: Receiver, *events: str) -> tuple[str, str]:
    """The endpoint's place, and its secret as it is shown once."""
    user.get(PLACE)
    ticks = {f"event-{name}": "yes" for name in events}
    done = user.post(PLACE, url=receiver.url, description="Web shop", email="", language="en", **ticks)
    assert done.status_code == 200, done.text
    [secret] = codes(user.page)
    found = re.search(rf"/merchants({PLACE}/whe_[0-9a-f]+)", user.page)
    assert found
    receiver.secret = secret
    return found[1], secret


def test_an_event_is_delivered_seen_in_the_log_and_sent_again(bank: Bank, receiver: Receiver) -> None:
    dev = bank.join("developer")
    assert "http://localhost:3000" in dev.get(PLACE)  # said only where it is taken
    place, secret = add(dev, receiver, "order.*")
    assert secret not in dev.get(place)
    order = bank.paid_order()
    receiver.wait(2)
    first = next(got for got in receiver.got if got.type == "order.paid")
    assert first.json["data"]["id"] == order["id"]
    log = dev.get(f"{place}?status=&type=order.paid")
    [delivery] = set(DELIVERY.findall(log))
    page = dev.get(delivery)
    assert all(text in page for text in (first.id, order["id"], "&#34;type&#34;: &#34;order.paid&#34;", "webhook-id"))
    assert dev.post(f"{delivery}/replay").status_code == 200
    receiver.wait()
    assert receiver.got[-1].id == first.id
    today = bank.services.clock.now() // 1_000_000
    days = {day: f"{bank.clock.day(today):08d}" for day in ("since", "until")}
    days = {name: f"{day[:4]}-{day[4:6]}-{day[6:]}" for name, day in days.items()}
    dev.get(place)
    again = dev.post(f"{place}/replay", all="yes", **days)
    assert "Sent again: 2" in again.text
    receiver.wait(2)
    assert order["id"] in dev.get(f"/orders/{order['id']}")
    assert "Told your system" in dev.page


def test_the_time_line_of_an_order_says_which_endpoint_was_told(bank: Bank, receiver: Receiver) -> None:
    dev = bank.join("developer", name="Two")
    second = f"{receiver.url}/second"
    dev.get(PLACE)
    for url in (receiver.url, second):
        assert dev.post(PLACE, url=url, language="en", **{"event-order.*": "yes"}).status_code == 200
        dev.get(PLACE)
    order = bank.paid_order()
    receiver.wait(4)
    page = dev.get(f"/orders/{order['id']}")
    assert [page.count(f">{url}</small>") for url in (receiver.url, second)] == [2, 2]


def test_an_endpoint_is_changed_switched_rotated_and_deleted(bank: Bank, receiver: Receiver) -> None:
    dev = bank.join("owner", name="Owner")
    place, secret = add(dev, receiver, "*")
    dev.get(place)
    changed = dev.post(place, url=receiver.url, description="New name", email="x", language="en", **{"event-*": "yes"})
    assert "Write an e-mail address" in changed.text
    changed = dev.post(place, url=receiver.url, description="New name", email="", language="zh", **{"event-*": "yes"})
    assert "The endpoint was changed" in changed.text
    until = {"until": "0", "hours": "24"}
    assert dev.post(f"{place}/rotate", **until).status_code == 200
    [fresh] = codes(dev.page)
    assert fresh != secret
    dev.get(place)
    assert "changed a moment ago" in dev.post(f"{place}/rotate", **until).text  # a second click loses no secret
    assert "Two secrets sign" in dev.get(place)
    dev.post(f"{place}/test")
    receiver.wait()
    assert receiver.got[-1].signed_by(secret)
    assert receiver.got[-1].signed_by(fresh)
    dev.get(place)
    assert "The endpoint is off" in dev.post(f"{place}/state", act="disable").text
    assert "Switch it on first" in dev.post(f"{place}/test").text
    assert "The endpoint is on" in dev.post(f"{place}/state", act="enable").text
    assert "Say that you are sure" in dev.post(f"{place}/state", act="delete").text
    assert "The endpoint was deleted" in dev.post(f"{place}/state", act="delete", sure="yes").text
    assert dev.client.get(f"/merchants{place}").status_code == 404
    with bank.services.db.read() as connection:
        acts = bank.services.audit_log.of(connection, place.rpartition("/")[2])
    assert {(one.action, one.actor.number) for one in acts} == {
        (f"webhook_{act}", dev.number) for act in ("created", "changed", "rotated", "disabled", "enabled", "deleted")
    }


def test_a_receiver_that_checks_nothing_and_one_that_fails_are_shown(bank: Bank, receiver: Receiver) -> None:
    dev = bank.join("developer", name="Fails")
    place, _ = add(dev, receiver, "*")
    receiver.secret = ""
    bank.wait_for(bank.services.webhooks.look())
    receiver.wait(2)
    receiver.script = [Answer(500, body=b"out of paper <b>")]
    dev.get(place)
    dev.post(f"{place}/test")
    receiver.wait()
    page = ""
    for _ in range(200):  # what was said is kept a moment later
        page = dev.get(place)
        if "Nothing arrives" in page and "Does not check signatures" in page:
            break
    assert "Nothing arrives" in page
    assert "Does not check signatures" in page
    failed = DELIVERY.findall(page)[0]
    assert "out of paper &lt;b&gt;" in dev.get(failed)


def test_what_cannot_be_an_endpoint_is_refused_at_its_field(bank: Bank, receiver: Receiver) -> None:
    dev = bank.join("developer", name="Wrong")
    dev.get(PLACE)
    told = dev.post(PLACE, url="http://10.0.0.1/hooks", description="", email="", language="en").text
    assert "Choose what it is told" in told
    told = dev.post(PLACE, url="http://10.0.0.1/x", description="", email="", language="en", **{"event-*": "yes"}).text
    assert "reached from the internet" in told
    add(dev, receiver, "*")
    dev.get(PLACE)
    told = dev.post(PLACE, url=receiver.url, description="", email="", language="en", **{"event-*": "yes"}).text
    assert "There is an endpoint with this address" in told


def test_a_viewer_and_another_merchant_change_nothing(bank: Bank, receiver: Receiver) -> None:
    dev = bank.join("developer", name="Dev")
    place, _ = add(dev, receiver, "*")
    dev.get(place)
    dev.post(f"{place}/test")
    receiver.wait()
    delivery = DELIVERY.findall(dev.get(place))[0]
    viewer, stranger = bank.join("viewer"), bank.join("owner", 1)
    for page in (viewer.get(PLACE), viewer.get(place), viewer.get(delivery)):
        assert 'method="post" action="/merchants/developers' not in page
    posts = (place, f"{place}/test", f"{place}/rotate", f"{place}/state", f"{place}/replay", f"{delivery}/replay")
    for path in posts:
        assert viewer.post(path, act="delete").status_code == 403, path
        viewer.get(PLACE)
        stranger.get(PLACE)
        fields = {"since": "2026-01-01", "until": "2026-01-02", "hours": "24", "act": "delete", "sure": "yes"}
        assert stranger.post(path, **fields).status_code == 404, path
    for path in (place, delivery):
        assert stranger.client.get(f"/merchants{path}").status_code == 404
    assert bank.join("operator").client.get(f"/merchants{PLACE}").status_code == 403
