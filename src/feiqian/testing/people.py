"""People who register and sign in at a served bank over its JSON API, with the messages that their phones receive."""

from __future__ import annotations

import io
import re
import time
from typing import Any

import httpx
from PIL import Image
from sqlalchemy import Connection

from feiqian.auth.sessions.model import Opened
from feiqian.ids import CustomerNumber
from feiqian.subjects import customer
from feiqian.testing.served import Served, is_documented
from feiqian.testing.sessions import open_session

PASSWORD, PIN = "quartz-lantern-58-meadow", "590274"
MESSAGE_SECONDS = 10
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)  # of GB 11643-1999


class Person:
    """Somebody with a phone. `api` is their app's connection; every answer is held against the description."""

    def __init__(self, bank: Served, place: int) -> None:
        self.bank, self.mobile, self.document = bank, f"+86138001{place:05d}", identity_number(place)
        hooks = {"response": [is_documented]}
        self.api = httpx.Client(base_url=bank.url, event_hooks=hooks, timeout=60, headers={"accept-language": "en"})
        self.device_token = ""
        self.number = 0  # once registered
        self.seen: set[str] = set()  # codes that were read

    def post(self, path: str, body: object = None, status: int = 200) -> dict[str, Any]:
        answer = self.api.post(path, json=body) if body is not None else self.api.post(path)
        assert answer.status_code == status, answer.text
        told: dict[str, Any] = answer.json()
        return told

    def get(self, path: str, status: int = 200) -> dict[str, Any]:
        answer = self.api.get(path)
        assert answer.status_code == status, answer.text
        told: dict[str, Any] = answer.json()
        return told

    def code(self) -> str:
        """The newest code that the phone has received; each is read once."""
        deadline = time.monotonic() + MESSAGE_SECONDS
        while time.monotonic() < deadline:
            for message in self.bank.wait_for(self.bank.bank.services.notify.inbox(50)):
                if message.kind == "code" and message.address == self.mobile:
                    found = re.search(r"\d{6}", message.text)
                    assert found, message.kind
                    if found[0] in self.seen:
                        break  # what is older was never read, and is of another challenge
                    self.seen.add(found[0])
                    return found[0]
            time.sleep(0.01)
        raise AssertionError("no code arrived")

    def prove(self, path: str, challenge: dict[str, Any], *factors: tuple[str, str]) -> dict[str, Any]:
        """Answers a challenge, factor by factor; the answer "" of sms is what is sent to the phone."""
        for factor, answer in factors:
            if factor == "sms":
                self.post(f"{path}/{challenge['id']}/send", {"factor": "sms"})
                answer = self.code()
            challenge = self.post(f"{path}/{challenge['id']}/answers", {"factor": factor, "answer": answer})
        return challenge

    def register(self, name: str = "Wang Xiaoming") -> dict[str, Any]:
        """Becomes a customer and is signed in. Returns what /v1/me says."""
        began = self.post("/v1/me/registrations", {"mobile": self.mobile})
        challenge = self.confirmed(began["challenge"])
        self.post(f"/v1/me/registrations/{challenge['id']}/confirm", {"application": began["application"]})
        who = {"name": name, "document": "cn_id", "number": self.document, "password": PASSWORD, "pin": PIN}
        self.take(self.post(f"/v1/me/applications/{began['application']}/finish", who))
        me, services = self.get("/v1/me"), self.bank.bank.services
        known = services.transactions.read_now(services.customers.by_id, me["id"])
        assert known is not None
        self.number = known.number
        return me

    def confirmed(self, challenge: dict[str, Any]) -> dict[str, Any]:
        """The number is confirmed by the code that registration sends by itself."""
        answer = {"factor": "sms", "answer": self.code()}
        return self.post(f"/v1/me/registrations/{challenge['id']}/answers", answer)

    def open_session(self) -> None:
        """Signs in behind the scenes, as if with both factors."""
        services, who = self.bank.bank.services, customer(CustomerNumber(self.number))

        def opened(connection: Connection) -> Opened:
            return open_session(services.sessions, connection, who, services.clock.now())

        self.api.headers["authorization"] = f"Bearer {self.bank.wait_for(services.transactions.write(opened)).token}"

    def take(self, signed_in: dict[str, Any]) -> None:
        """Uses this session from now on."""
        self.api.headers["authorization"] = f"Bearer {signed_in['token']}"
        self.device_token = signed_in["device_token"]


def identity_number(place: int) -> str:
    """A valid Chinese identity number of somebody who does not exist, born in 1990."""
    digits = f"11010519900307{place % 1000:03d}"
    check = sum(int(digit) * weight for digit, weight in zip(digits, _WEIGHTS, strict=True)) % 11
    return digits + "10X98765432"[check]


def picture() -> bytes:
    """A picture of nothing, large enough to be a document."""
    out = io.BytesIO()
    Image.effect_noise((640, 420), 40).convert("RGB").save(out, "JPEG")
    return out.getvalue()
