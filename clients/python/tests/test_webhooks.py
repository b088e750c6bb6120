"""Webhooks: the published vector, what is refused, and real ones of a real bank."""

from __future__ import annotations

import base64
import http.server
import queue
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from feiqian.testing.served import Served
from feiqian.webhooks import signing
from feiqian_client import Client, WebhookInvalid, webhooks

# Published with the specification, and in the tests of its libraries.
SECRET, ID, SECONDS = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330
BODY, SIGNATURE = b'{"test": 2432232314}', "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
EVENT = b'{"type":"webhook.test","timestamp":"2026-11-27T20:00:00Z","data":{},"id":"evt_other"}'


def headers(**more: str) -> dict[str, str]:
    sent = {"Webhook-Id": ID, "Webhook-Timestamp": str(SECONDS), "Webhook-Signature": SIGNATURE}
    return sent | {name.replace("_", "-"): value for name, value in more.items()}


def signed(body: bytes, secrets: list[str], seconds: int = SECONDS) -> dict[str, str]:
    return signing.headers(secrets, ID, seconds, body)


def test_the_published_vector_is_right_and_then_it_is_read() -> None:
    with pytest.raises(WebhookInvalid, match="body"):  # the signature is right; it is no event of ours
        webhooks.verify(headers(), BODY, SECRET, SECONDS)
    event = webhooks.verify(signed(EVENT, [SECRET]), EVENT, [SECRET], SECONDS)
    assert (event.type, event.id, event.object, event.superseded) == ("webhook.test", ID, "", 0)


@pytest.mark.parametrize(
    "given",
    [
        {"body": EVENT + b" "},
        {"secrets": [signing.new_secret()]},
        {"headers": {"webhook-id": "msg_another"}},
        {"headers": {"webhook-timestamp": str(SECONDS + 1)}},
        {"headers": {"webhook-signature": "v1," + base64.b64encode(bytes(32)).decode()}},
        {"headers": {"webhook-signature": "v1,\udcff"}},
        {"headers": {"webhook-id": "\udcff"}},
        {"headers": {"webhook-timestamp": "soon"}},
        {"headers": {"webhook-timestamp": "٣"}},
        {"headers": {"webhook-timestamp": "9" * 5000}},
        {"now": SECONDS + 301},
        {"now": SECONDS - 301},
    ],
)
def test_abuse_55_what_the_bank_has_not_sent_just_now_is_refused(given: dict[str, Any]) -> None:
    sent = signed(EVENT, [SECRET]) | given.get("headers", {})
    with pytest.raises(WebhookInvalid):
        webhooks.verify(sent, given.get("body", EVENT), given.get("secrets", SECRET), given.get("now", SECONDS))


RIGHT = signed(EVENT, [SECRET])["webhook-signature"]


@pytest.mark.parametrize("said", ["", " ", "v1,", "none", "none,", "v0," + RIGHT[3:], "v1a," + RIGHT[3:], RIGHT[3:]])
@pytest.mark.parametrize("alg", [{}, {"webhook-alg": "none"}])
def test_abuse_56_without_a_signature_of_the_one_kind_nothing_is_believed(said: str, alg: dict[str, str]) -> None:
    """Which algorithm it is, is not the sender's to say."""
    sent = signed(EVENT, [SECRET])
    assert webhooks.verify(sent | alg, EVENT, SECRET, SECONDS).id == ID
    with pytest.raises(WebhookInvalid):
        webhooks.verify(sent | {"webhook-signature": said} | alg, EVENT, SECRET, SECONDS)
    for name in sent:
        with pytest.raises(WebhookInvalid):
            webhooks.verify({key: value for key, value in sent.items() if key != name} | alg, EVENT, SECRET, SECONDS)


def test_either_secret_is_right_while_one_is_replaced_and_clocks_may_differ() -> None:
    new = signing.new_secret()
    both = signed(EVENT, [new, SECRET])
    for known in ([SECRET], [new], [signing.new_secret(), SECRET]):
        assert webhooks.verify(both, EVENT, known, SECONDS + 300).id == ID
    assert webhooks.verify(both, EVENT, SECRET, SECONDS - 300.0).id == ID


@pytest.mark.parametrize("secrets", [[], "", "whsec_", "whsec_not base64", ["whsec_c2hvcnQ="]])
def test_without_a_secret_nothing_is_believed(secrets: Any) -> None:
    with pytest.raises(ValueError, match="secret"):
        webhooks.verify(signed(EVENT, [SECRET]), EVENT, secrets, SECONDS)


@pytest.fixture
def received() -> Iterator[tuple[str, queue.Queue[tuple[Any, bytes]]]]:
    """The address of a shop's receiver, and what arrives there."""
    arrived: queue.Queue[tuple[Any, bytes]] = queue.Queue()

    class Hooks(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            arrived.put((self.headers, self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hooks) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/hooks", arrived
        server.shutdown()
        thread.join()


def test_a_real_bank_s_webhooks_are_believed_and_say_what_a_query_says(
    served: Served, bank: Client, wanted: Callable[..., dict[str, Any]], received: Any
) -> None:
    url, arrived = received
    endpoint = bank.webhook_endpoints.create(url=url, events=["order.*", "refund.*"], description="Orders")
    assert bank.webhook_endpoints.list().data[0].id == endpoint.id
    order = bank.orders.create(**wanted())
    bank.payments.create(**served.order(), order=order.id)
    bank.refunds.create(order.id, amount=50, merchant_refund="r-1")
    told = [webhooks.verify(*arrived.get(timeout=30), endpoint.secret) for _ in range(4)]
    of_order = [event for event in told if event.type.startswith("order.")]
    assert [event.type for event in of_order] == ["order.created", "order.paid", "order.refunded"]
    assert {event.object for event in of_order} == {order.id}
    assert of_order[0].order == order
    assert of_order[-1].order == bank.orders.get(order.id)
    [refund] = [event.refund for event in told if event.type.startswith("refund.")]
    assert bank.refunds.list(order.id).data == (refund,)
    with pytest.raises(ValueError, match="type"):
        _ = of_order[0].payment
    rotated = bank.webhook_endpoints.rotate(endpoint.id)
    bank.webhook_endpoints.test(endpoint.id)
    sent, body = arrived.get(timeout=30)
    for secret in (endpoint.secret, rotated.secret):
        assert webhooks.verify(sent, body, secret).type == "webhook.test"
    assert bank.webhook_endpoints.deliveries(endpoint.id, limit=1).data[0].status in ("waiting", "delivered")
    assert not bank.webhook_endpoints.change(endpoint.id, enabled=False).enabled
    assert bank.webhook_endpoints.delete(endpoint.id).deleted
