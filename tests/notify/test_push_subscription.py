"""What a browser says is its push subscription: only what can be one, at a public service, is taken."""

from __future__ import annotations

import json
from typing import Any

import pytest
from subscribing import Subscribed

from feiqian.notify.push_subscription import LONGEST, SubscriptionInvalid, read_subscription

BROWSER = Subscribed()


def with_endpoint(endpoint: Any) -> str:
    return json.dumps(json.loads(BROWSER.subscription()) | {"endpoint": endpoint})


def with_keys(**keys: Any) -> str:
    whole = json.loads(BROWSER.subscription())
    return json.dumps(whole | {"keys": whole["keys"] | keys})


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://fcm.googleapis.com/fcm/send/dKx:APA91b",
        "https://updates.push.services.mozilla.com/wpush/v2/gAAAA",
        "https://web.push.apple.com:443/QGuQ",
        "https://wns2-par02p.notify.windows.com/w/?token=BQYAAA%3d%3d",
        "https://1.1.1.1/push",
    ],
)
def test_a_subscription_at_a_public_service_is_taken(endpoint: str) -> None:
    found = read_subscription(with_endpoint(endpoint))
    assert (found.endpoint, found.device) == (endpoint, "")
    assert read_subscription(found.text()) == found
    assert endpoint not in repr(found)
    assert found.keys.auth not in repr(found)


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://push.example/1",
        "https://push.example:8443/1",
        "https://push.example:x/1",
        "https://user@push.example/1",
        "https://user:word@push.example/1",
        "ftp://push.example/1",
        "file:///etc/passwd",
        "push.example/1",
        "//push.example/1",
        "",
        None,
        7,
        "https://",
        "https://intranet/1",
        "https://localhost/1",
        "https://localhost./1",
        "https://bank.localhost/1",
        "https://printer.local/1",
        "https://db.internal/1",
        "https://127.0.0.1/1",
        "https://[::1]/1",
        "https://[::ffff:10.0.0.1]/1",
        "https://169.254.169.254/latest",
        "https://192.168.1.1/1",
        "https://[1/1",
        "https://push.example/a b",
        "https://push.example/\n1",
        "https://pùsh.example/1",
        "https://push.example/" + "x" * 1_024,
    ],
)
def test_other_endpoints_are_refused(endpoint: Any) -> None:
    with pytest.raises(SubscriptionInvalid):
        read_subscription(with_endpoint(endpoint))


@pytest.mark.parametrize(
    "text",
    [
        *("", "{}", "[]", "null", "nonsense", '{"endpoint":"https://push.example/1"}', "\ud800"),
        with_keys(p256dh=""),
        with_keys(p256dh="AAAA"),
        with_keys(p256dh="B" + "A" * 86),  # a point that is on no curve
        with_keys(p256dh=5),
        with_keys(p256dh="é"),
        with_keys(auth=""),
        with_keys(auth="AAAA"),
        with_keys(auth="A" * 44),
        with_keys(auth="AAA!AAAAAAAAAAAAAAAAAA"),
        with_keys(more="x" * LONGEST),
    ],
)
def test_what_is_no_subscription_is_refused(text: str) -> None:
    with pytest.raises(SubscriptionInvalid) as raised:
        read_subscription(text)
    assert str(raised.value) == "this is no push subscription that can be used"


@pytest.mark.parametrize("endpoint", ["http://127.0.0.1:8000/push", "http://localhost:1/push", "https://intranet/push"])
def test_only_a_bank_that_is_tested_pushes_into_its_own_network(endpoint: str) -> None:
    assert read_subscription(with_endpoint(endpoint), private=True).endpoint == endpoint
    with pytest.raises(SubscriptionInvalid):
        read_subscription(with_endpoint(endpoint))
