"""Signatures, as Standard Webhooks says."""

from __future__ import annotations

import base64

from feiqian.runtime import logs
from feiqian.webhooks import signing

# Published with the specification, and in the tests of its libraries.
SECRET, ID, SECONDS = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330
BODY, SIGNATURE = b'{"test": 2432232314}', "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_the_published_vector() -> None:
    assert signing.sign(SECRET, ID, SECONDS, BODY) == SIGNATURE


def test_abuse_55_another_body_time_or_id_has_another_signature() -> None:
    others = ((ID, SECONDS, BODY + b" "), (ID, SECONDS + 1, BODY), (ID + "x", SECONDS, BODY))
    assert SIGNATURE not in {signing.sign(SECRET, *other) for other in others}


def test_the_headers_have_a_signature_by_each_secret() -> None:
    other = signing.new_secret()
    headers = signing.headers([other, SECRET], ID, SECONDS, BODY)
    assert headers == {
        "webhook-id": ID,
        "webhook-timestamp": str(SECONDS),
        "webhook-signature": f"{signing.sign(other, ID, SECONDS, BODY)} {SIGNATURE}",
    }


def test_secrets_are_long_and_all_different() -> None:
    secrets = {signing.new_secret() for _ in range(100)}
    assert len(secrets) == 100
    assert {len(base64.b64decode(secret.removeprefix("whsec_"))) for secret in secrets} == {32}


def test_abuse_62_a_secret_that_comes_into_a_log_is_taken_out_by_its_shape() -> None:
    secret = signing.new_secret()
    event = logs.redact(None, "info", {"event": f"made {secret}", "answer": {"endpoint": secret}})
    assert "whsec_" not in str(event)
    assert secret.removeprefix("whsec_")[:8] not in str(event)
