"""What operators see: attempts by result, endpoints that fail or check nothing, and an alarm when half of them fail."""

from __future__ import annotations

from feiqian.runtime.metrics import Metrics
from feiqian.webhooks import health
from tests.webhooks.receiving import Answer, HookedBank, Receiver


def shown(bank: HookedBank) -> str:
    metrics = Metrics()
    bank.webhooks.measure(metrics)
    bank.run(bank.webhooks.look())
    return metrics.render().decode()


def test_requests_are_counted_by_result(bank: HookedBank, receiver: Receiver) -> None:
    bank.endpoint(receiver.url, "order.*")
    bank.endpoint("http://127.0.0.1:1/", "order.*")
    receiver.script = [Answer(302), Answer(503)]
    bank.run(bank.happens(1), bank.send())
    bank.after(5)
    bank.after(300)
    text = shown(bank)
    for result, count in (("2xx", 1), ("3xx", 1), ("5xx", 1), ("not connected", 3)):
        assert f'feiqian_webhook_requests_total{{result="{result}"}} {count}.0' in text


def test_half_of_all_endpoints_failing_is_an_alarm_and_one_is_not(bank: HookedBank, receiver: Receiver) -> None:
    bank.endpoint(receiver.url, "order.*")
    bank.endpoint("http://127.0.0.1:1/", "order.*")
    bank.run(bank.happens(1), bank.send())
    bank.clock.advance(700)
    text = shown(bank)
    assert "feiqian_webhook_endpoints_enabled 2.0" in text
    assert "feiqian_webhook_endpoints_failing 1.0" in text
    assert "feiqian_alarm_webhooks_failing 0.0" in text
    for number in range(2, health.MANY_FAIL + 1):
        bank.endpoint(f"http://127.0.0.1:{number}/", "order.*")
    bank.run(bank.happens(2), bank.send())
    bank.run(bank.send())
    bank.clock.advance(700)
    assert "feiqian_alarm_webhooks_failing 1.0" in shown(bank)


def test_what_is_old_is_dropped(bank: HookedBank, receiver: Receiver) -> None:
    endpoint, _ = bank.endpoint(receiver.url, "order.*")
    bank.run(bank.happens(1), bank.send())
    bank.clock.advance(61 * 86_400)
    bank.run(bank.webhooks.look(), bank.services.outbox.look())
    assert bank.rows("SELECT * FROM webhooks_attempts") == []
    kept = bank.rows("SELECT type FROM webhooks_events")
    assert [row.type for row in kept] == ["webhook.probe"]
    assert {one.type for one in bank.deliveries(endpoint)} == {"webhook.probe"}
