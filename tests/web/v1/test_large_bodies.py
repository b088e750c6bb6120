"""Large bodies at a real server: refused early or parsed elsewhere, while payments and sign-ins go on."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import os
import signal
import socket
import tracemalloc
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import httpx
import pytest
from PIL import Image

from feiqian.auth.api.shapes import FactorAnswer
from feiqian.onboarding.api import UPLOAD_BYTES
from feiqian.testing.people import PASSWORD, Person, picture
from feiqian.testing.served import Served
from feiqian.web.v1.description import description
from feiqian.web.v1.parse import PARSED_BYTES, BodyParser, read_body, spool_body
from feiqian.web.v1.problems import ProblemError

IDENTITY = "/v1/me/identity"
MEGABYTE = 1024 * 1024


@pytest.fixture
def newcomer(newcomer: Person) -> Person:
    newcomer.register()
    return newcomer


def large_picture() -> bytes:
    out = io.BytesIO()
    Image.effect_noise((1600, 1200), 50).convert("RGB").save(out, "JPEG", quality=90)
    return out.getvalue()


@contextmanager
def begun(person: Person, announced: int, sent: bytes) -> Iterator[socket.socket]:
    """A request whose body has been announced, and of which this much has been sent."""
    token = person.api.headers["authorization"]
    head = f"POST {IDENTITY} HTTP/1.1\r\nhost: x\r\nauthorization: {token}\r\ncontent-type: application/json\r\n"
    with socket.create_connection(("127.0.0.1", person.bank.server.port), 20) as connection:
        connection.sendall(f"{head}content-length: {announced}\r\n\r\n".encode() + sent)
        yield connection


def status(connection: socket.socket) -> int:
    return int(connection.recv(65_536).split(b" ", 2)[1])


@contextmanager
def standing_still(served: Served) -> Iterator[None]:
    """The picture workers stand still meanwhile."""
    workers = served.bank.services.workers
    workers.start()
    with pytest.raises(Exception, match="not_a_picture"):
        served.wait_for(_asked(served))
    pids = workers.pids
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


async def _asked(served: Served) -> None:
    from feiqian.kyc.images import encode

    await served.bank.services.workers.run(encode, [b"x"], "test")


HOSTILE = {
    "objects": b'{"images":[' + b"{}," * (UPLOAD_BYTES // 3 - 10) + b"{}]}",
    "names": b"{" + b",".join(b'"%d":0' % n for n in range(2_500_000)) + b"}",
    "depth": b'{"images":' * 3_000_000,
    "texts": b'{"images":[' + b'"",' * 10_000_000 + b'""]}',
}


@pytest.mark.parametrize("sort", HOSTILE)
def test_abuse_69_a_huge_body_is_refused_unexplained_and_payments_go_on(
    served: Served, shop: httpx.Client, newcomer: Person, sort: str
) -> None:
    body = HOSTILE[sort]
    assert 20 * MEGABYTE < len(body) <= UPLOAD_BYTES
    headers, order = {"content-type": "application/json"}, served.order()
    with ThreadPoolExecutor(1) as beside:
        refused = beside.submit(newcomer.api.post, IDENTITY, content=body, headers=headers)
        while not refused.done():
            assert shop.post("/v1/payments", json=order).json()["status"] == "succeeded"
    answer = refused.result()
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/invalid-request")
    assert "errors" not in answer.json()


def test_abuse_69_too_much_is_refused_when_it_is_announced_or_has_come(newcomer: Person) -> None:
    with begun(newcomer, UPLOAD_BYTES + 1, b"") as connection:
        assert status(connection) == 413
    parts = (b'{"images":["' + b"Q" * (UPLOAD_BYTES // 8) for _ in range(9))
    answer = newcomer.api.post(IDENTITY, content=parts, headers={"content-type": "application/json"})
    assert answer.status_code == 413


def test_abuse_69_a_payment_succeeds_while_an_upload_is_unfinished_and_a_second_is_refused(
    served: Served, shop: httpx.Client, newcomer: Person
) -> None:
    uploads, order = served.bank.services.uploads, served.order()
    with begun(newcomer, 10 * MEGABYTE, b'{"images":["' + b"Q" * MEGABYTE) as connection:
        while uploads._bytes < MEGABYTE:
            assert shop.post("/v1/payments", json=order).json()["status"] == "succeeded"
        assert shop.post("/v1/payments", json=served.order()).json()["status"] == "succeeded"
        second = newcomer.api.post(IDENTITY, json={"images": [base64.b64encode(picture()).decode()]})
        assert (second.status_code, second.headers["retry-after"]) == (503, "1")
        connection.close()
    while uploads._bytes:
        assert shop.get("/v1/balance").status_code == 200
    assert newcomer.post(IDENTITY, {"images": [base64.b64encode(picture()).decode()]})["outcome"] == "verified"


def test_large_pictures_are_taken(newcomer: Person) -> None:
    images = [base64.b64encode(large_picture()).decode()] * 2
    assert len(images[0]) > PARSED_BYTES
    assert newcomer.post(IDENTITY, {"images": images})["outcome"] == "verified"


@pytest.mark.parametrize(
    "body",
    [
        {"images": ["QQ==" * 20_000] * 4},
        {"images": []},
        {"images": ["!" * 70_000]},
        {"images": ["Q" * 70_000], "x": 1},
        {"pictures": ["QQ==" * 20_000]},
        ["QQ==" * 20_000],
    ],
)
def test_a_large_body_of_another_shape_is_refused(newcomer: Person, body: object) -> None:
    answer = newcomer.api.post(IDENTITY, json=body)
    assert answer.status_code in (400, 422)


def test_what_is_wrong_with_a_small_body_is_explained(newcomer: Person) -> None:
    told = newcomer.post(IDENTITY, {"pictures": []}, status=422)
    assert {error["field"] for error in told["errors"]} == {"images", "pictures"}


def test_abuse_70_a_picture_that_takes_long_is_refused_and_said_so(newcomer: Person) -> None:
    out = io.BytesIO()
    Image.effect_noise((640, 420), 40).convert("RGB").save(out, "JPEG", progressive=True)
    whole = out.getvalue()
    file = whole[:-2] + whole[whole.rindex(b"\xff\xda") : -2] * 30 + b"\xff\xd9"
    told = newcomer.post(IDENTITY, {"images": [base64.b64encode(file).decode()]}, status=422)
    assert told["type"] == "/problems/picture-refused"
    assert told["errors"][0]["message"] == "too_costly"


def test_abuse_70_passwords_are_checked_and_payments_made_while_pictures_stand_still(
    served: Served, shop: httpx.Client, newcomer: Person
) -> None:
    sign_in = {"mobile": newcomer.mobile, "password": PASSWORD}
    with standing_still(served), ThreadPoolExecutor(1) as beside:
        sent = {"images": [base64.b64encode(large_picture()).decode()]}
        waiting = beside.submit(newcomer.api.post, IDENTITY, json=sent)
        with httpx.Client(base_url=served.url, timeout=30) as other:
            assert other.post("/v1/me/sign-ins", json=sign_in).status_code == 200
        assert shop.post("/v1/payments", json=served.order()).json()["status"] == "succeeded"
        assert shop.get("/healthz").status_code == 200
        assert not waiting.done()
        for pid in served.bank.services.workers.pids:
            os.kill(pid, signal.SIGCONT)
        assert waiting.result().json()["outcome"] == "verified"


def test_only_the_route_of_pictures_takes_more_than_is_parsed_at_once() -> None:
    operations = description().operations
    large = {operation.name for operation in operations if operation.body_limit > PARSED_BYTES}
    assert large == {operation.name for operation in operations if operation.pictures} == {"checkIdentity"}
    assert all(operation.who == "customer" for operation in operations if operation.pictures)


def test_a_body_is_read_without_being_held() -> None:
    """33 MB in pieces of 64 KB: what is held at once is one piece, and each byte is handed on once."""

    class Sink:
        size = 0

        async def write(self, data: bytes) -> None:
            self.size += len(data)

    async def receive_of(count: int) -> int:
        left = iter(range(count, -1, -1))

        async def receive() -> dict[str, object]:
            return {"type": "http.request", "body": bytes(65_536), "more_body": next(left) > 1}

        await spool_body(receive, b"", UPLOAD_BYTES, sink := Sink())
        return sink.size

    tracemalloc.start()
    try:
        assert asyncio.run(receive_of(512)) == 512 * 65_536
        assert tracemalloc.get_traced_memory()[1] < MEGABYTE
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("given", "explained"),
    [
        (dict.fromkeys(map(str, range(1_000)), 0), True),
        (dict.fromkeys(map(str, range(5_000)), 0), False),
        (dict.fromkeys(map(str, range(100_000)), 0), False),
        ({"x": "a" * PARSED_BYTES}, False),
        ({"x": "a" * (PARSED_BYTES - 100)}, True),
    ],
)
def test_abuse_69_an_explanation_has_a_bound_whatever_was_sent(given: dict[str, object], explained: bool) -> None:
    body = json.dumps(given).encode()
    tracemalloc.start()
    try:
        with pytest.raises(ProblemError) as refused:
            BodyParser(FactorAnswer).parse(body)
        assert tracemalloc.get_traced_memory()[1] < MEGABYTE
    finally:
        tracemalloc.stop()
    assert len(refused.value.errors) <= 8 + 2
    assert bool(refused.value.errors) == explained


def test_a_small_body_in_many_pieces_is_joined_once() -> None:
    pieces = [b"x"] * 16_000

    async def read() -> bytes:
        left = iter(pieces)

        async def receive() -> dict[str, object]:
            body = next(left, b"")
            return {"type": "http.request", "body": body, "more_body": bool(body)}

        return await read_body(receive, b"")

    assert asyncio.run(read()) == b"x" * 16_000
