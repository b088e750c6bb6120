"""An `Idempotency-Key` of requests about webhooks: done once, answered as at first, and no second secret."""

from __future__ import annotations

import asyncio
import threading
from datetime import datetime
from typing import Any

import httpx
import pytest
from sqlalchemy import Connection

from feiqian.merchants.errors import RequestKeyUsed
from feiqian.testing.served import Served
from feiqian.webhooks import kept_answers
from feiqian.webhooks.errors import AnswerNotKept, EndpointKnown, EndpointNotFound, TooManyKeys
from feiqian.webhooks.views import EndpointChange, NewEndpoint, Queued, ReplayRange, Rotation
from tests.webhooks.receiving import HookedBank, Receiver

BOTH = pytest.mark.parametrize("bank", ["sqlite", "postgres"], indirect=True)
NEW = NewEndpoint(url="https://shop.example/hooks", events=["*"])
WEEK, HOUR = 7 * 86_400, 3_600


def asked(bank: HookedBank, name: str, key: str, *more: Any, merchant: Any = None) -> Any:
    requests, number = bank.webhooks.requests, (merchant or bank.shop).number
    return bank.run(getattr(requests, name)(number, key, *more))[0]


def acts(bank: HookedBank, about: str) -> list[str]:
    with bank.bank.db.read() as connection:
        entries = sorted(bank.services.audit_log.of(connection, about), key=lambda entry: entry.position)
    return [entry.action for entry in entries]


@BOTH
def test_each_request_is_done_once_and_answered_as_at_first(bank: HookedBank) -> None:
    made = [asked(bank, "create", "key-1", NEW) for _ in range(2)]
    assert made[0] == made[1]
    id = made[0].id
    tested = {asked(bank, "test", "key-2", id).delivery for _ in range(2)}
    replayed = {asked(bank, "replay", "key-3", next(iter(tested))).delivery for _ in range(2)}
    bank.run(bank.happens(1, 2))
    span = ReplayRange(
        since=datetime.fromisoformat("2030-06-01T00:00:00Z"), until=datetime.fromisoformat("2030-07-01T00:00:00Z")
    )
    assert [asked(bank, "replay_range", "key-4", id, span).queued for _ in range(2)] == [2, 2]
    changed = [asked(bank, "change", "key-5", id, EndpointChange(description="Tea", enabled=False)) for _ in range(2)]
    assert (changed[0], changed[0].enabled) == (changed[1], False)
    assert len(bank.deliveries(bank.run(bank.webhooks.endpoints.get(bank.shop.number, id))[0])) == 6
    assert {len(tested), len(replayed)} == {1}
    assert asked(bank, "delete", "key-6", id) == asked(bank, "delete", "key-6", id)
    with pytest.raises(EndpointNotFound):
        asked(bank, "delete", "", id)


@BOTH
def test_a_rotation_sent_again_shows_the_same_secret_and_is_noted(bank: HookedBank) -> None:
    id = asked(bank, "create", "key-1", NEW).id
    first = asked(bank, "rotate", "key-2", id, Rotation())
    assert asked(bank, "rotate", "key-2", id, Rotation(24)) == first
    [row] = bank.rows("SELECT id, secret, old_secret, old_secret_until FROM webhooks_endpoints")
    assert [first.secret] == bank.webhooks.endpoints.secrets_of(row, row.old_secret_until)
    assert acts(bank, id) == ["webhook_created", "webhook_rotated", "webhook_secret_repeated"]
    assert asked(bank, "rotate", "key-3", id, Rotation()).secret != first.secret
    assert asked(bank, "rotate", "", id, Rotation()).secret != asked(bank, "rotate", "", id, Rotation()).secret


def test_a_secret_is_shown_again_for_an_hour_and_no_second_one_after_it(bank: HookedBank) -> None:
    """Who has the merchant's key, and guesses the request's, reads no secret that receivers have been given."""
    id = asked(bank, "create", "key-1", NEW).id
    asked(bank, "rotate", "key-2", id, Rotation())
    bank.clock.advance(HOUR)
    for name, key, more in (("create", "key-1", (NEW,)), ("rotate", "key-2", (id, Rotation()))):
        with pytest.raises(AnswerNotKept):
            asked(bank, name, key, *more)
    assert acts(bank, id) == ["webhook_created", "webhook_rotated"]
    bank.run(bank.webhooks.look())
    assert bank.rows("SELECT answer FROM webhooks_requests") == [(None,), (None,)]
    with pytest.raises(AnswerNotKept):
        asked(bank, "rotate", "key-2", id, Rotation())


def test_a_key_that_was_sent_with_something_else_does_nothing(bank: HookedBank) -> None:
    id = asked(bank, "create", "key-1", NEW).id
    for name, more in (
        ("create", (NewEndpoint(url="https://shop.example/others", events=["*"]),)),
        ("rotate", (id, Rotation())),
        ("delete", (id,)),
        ("test", (id,)),
    ):
        with pytest.raises(RequestKeyUsed):
            asked(bank, name, "key-1", *more)
    asked(bank, "rotate", "key-2", id, Rotation(1))
    with pytest.raises(RequestKeyUsed):
        asked(bank, "rotate", "key-2", id, Rotation(2))
    assert acts(bank, id) == ["webhook_created", "webhook_rotated"]


def test_what_was_refused_has_not_used_its_key(bank: HookedBank) -> None:
    asked(bank, "create", "key-1", NEW)
    with pytest.raises(EndpointKnown):
        asked(bank, "create", "key-2", NEW)
    assert asked(bank, "create", "key-2", NewEndpoint(url="https://shop.example/others", events=["*"])).enabled


def test_what_breaks_off_before_its_answer_is_kept_has_done_nothing(
    bank: HookedBank, monkeypatch: pytest.MonkeyPatch
) -> None:
    id = asked(bank, "create", "key-1", NEW).id
    with monkeypatch.context() as broken:
        broken.setattr(kept_answers.KeptAnswers, "_keep", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            asked(bank, "rotate", "key-2", id, Rotation())
    assert acts(bank, id) == ["webhook_created"]
    assert asked(bank, "rotate", "key-2", id, Rotation()) == asked(bank, "rotate", "key-2", id, Rotation())


def test_abuse_23_another_merchants_key_is_another_key_of_webhooks_too(bank: HookedBank) -> None:
    mine = asked(bank, "create", "key-1", NEW)
    theirs = asked(bank, "create", "key-1", NEW, merchant=bank.other_shop)
    assert (mine.id != theirs.id, mine.secret != theirs.secret) == (True, True)


@BOTH
def test_abuse_19_one_key_sent_many_times_at_once_makes_one_secret(bank: HookedBank) -> None:
    id, number = asked(bank, "create", "key-1", NEW).id, bank.shop.number

    async def at_once() -> list[Any]:
        rotate = bank.webhooks.requests.rotate
        return await asyncio.gather(*(rotate(number, "key-2", id, Rotation()) for _ in range(8)))

    assert len({one.secret for one in bank.run(at_once())[0]}) == 1
    assert acts(bank, id).count("webhook_rotated") == 1


@pytest.mark.parametrize("bank", ["postgres"], indirect=True)
def test_of_two_at_once_the_second_waits_for_the_answer_of_the_first(bank: HookedBank) -> None:
    kept, wanted = bank.webhooks.kept_answers, kept_answers.Asked(bank.shop.number, "key-1", "test")
    done, told = list[str](), list[Queued]()

    def once(connection: Connection, name: str) -> None:
        def carry_out(_: Connection) -> Queued:
            done.append(name)
            return Queued(name)

        told.append(kept._once(connection, wanted, Queued, carry_out))

    def second() -> None:
        with bank.bank.db.write() as connection:
            once(connection, "second")

    other = threading.Thread(target=second)
    with bank.bank.db.write() as connection:
        once(connection, "first")
        other.start()
        while other.is_alive() and not bank.rows("SELECT 1 FROM pg_locks WHERE NOT granted"):
            pass
    other.join()
    assert (done, [one.delivery for one in told]) == (["first"], ["first", "first"])


def test_abuse_26_a_key_of_webhooks_is_kept_for_a_week_through_a_restart(bank: HookedBank) -> None:
    id = asked(bank, "create", "", NEW).id
    delivery = asked(bank, "test", "key-1", id)
    bank.crash()
    bank.clock.advance(WEEK - 120)
    bank.run(bank.webhooks.look())
    assert asked(bank, "test", "key-1", id) == delivery
    bank.clock.advance(60)
    assert asked(bank, "test", "key-1", id) != delivery
    bank.clock.advance(WEEK)
    bank.run(bank.webhooks.look())
    assert bank.rows("SELECT key FROM webhooks_requests") == []


def test_an_answer_of_an_older_version_is_not_kept_rather_than_done_again(bank: HookedBank) -> None:
    id = asked(bank, "create", "", NEW).id
    asked(bank, "test", "key-1", id)
    sealed = kept_answers.KEPT_ANSWER.seal(bank.webhooks.kept_answers.cipher, b"{}", f"{bank.shop.number}/key-1")
    with bank.bank.db.write() as connection:
        connection.execute(kept_answers.requests.update().values(answer=sealed))
    with pytest.raises(AnswerNotKept):
        asked(bank, "test", "key-1", id)
    assert bank.rows("SELECT count(*) FROM outbox_deliveries WHERE kind = 'webhook.test'") == [(1,)]


def test_so_many_keys_of_a_merchant_are_kept_and_no_more(bank: HookedBank, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_answers, "MOST_KEPT", 2)
    id = asked(bank, "create", "key-1", NEW).id
    asked(bank, "test", "key-2", id)
    with pytest.raises(TooManyKeys):
        asked(bank, "test", "key-3", id)
    asked(bank, "test", "key-2", id)
    asked(bank, "test", "", id)
    asked(bank, "create", "key-1", NEW, merchant=bank.other_shop)


def test_abuse_62_answers_are_sealed_where_they_are_kept(bank: HookedBank, receiver: Receiver) -> None:
    made = asked(bank, "create", "key-1", NewEndpoint(url=receiver.url, events=["*"], email="ops@shop.example"))
    [row] = bank.rows("SELECT answer, content FROM webhooks_requests")
    assert [one for one in (made.secret, made.id, "ops@shop") if one.encode() in row.answer + row.content] == []


def test_under_v1_a_retry_is_answered_byte_for_byte_and_another_request_is_refused(tmp_path: Any) -> None:
    bank = Served(tmp_path / "bank")
    try:
        with bank.client() as shop:
            _over_http(shop)
    finally:
        bank.stop()


def _over_http(shop: httpx.Client) -> None:
    path, body = "/v1/webhook-endpoints", {"url": "https://shop.example/hooks", "events": ["*"]}

    def post(path: str, key: str, **more: Any) -> httpx.Response:
        return shop.post(path, headers={"Idempotency-Key": key}, **more)

    made = [post(path, "key-1", json=body) for _ in range(2)]
    assert (made[0].status_code, made[0].content) == (200, made[1].content)
    place = f"{path}/{made[0].json()['id']}"
    rotated = [post(f"{place}/rotate", "key-2", json={}) for _ in range(2)]
    assert rotated[0].content == rotated[1].content
    tested = post(f"{place}/test", "key-3").json()["delivery"]
    assert post(f"/v1/webhook-deliveries/{tested}/replay", "key-4").status_code == 200
    refused = post(f"{place}/delete", "key-3")
    assert (refused.status_code, refused.json()["type"]) == (422, "/problems/id-reused")
    assert post(f"{place}/test", "no spaces").status_code == 400
    assert post(f"{place}/delete", "key-5").content == post(f"{place}/delete", "key-5").content
