"""Documents that no state has issued, pictures of noise, and the identity service on a clock of its own."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from feiqian.db import BankDb
from feiqian.field_cipher import FieldCipher
from feiqian.kyc.model import Claim, Review
from feiqian.kyc.mrz import check_digit
from feiqian.kyc.screening import Sanctions
from feiqian.kyc.service import Identity
from feiqian.kyc.verifier import BuiltInVerifier
from feiqian.policy.load import load_policy
from feiqian.runtime.work import Work
from feiqian.testing.clock import ManualClock
from feiqian.testing.empty_bank import empty_bank
from feiqian.workers.pool import Workers

Picture = Callable[..., bytes]


def zone(
    name: str = "LEHTINEN<<AINO<MARIA",
    number: str = "E12345678",
    state: str = "UTO",
    birth: str = "900312",
    sex: str = "F",
    expires: str = "320101",
    personal: str = "",
) -> str:
    """A machine-readable zone with check digits that are right."""
    number, personal = number.ljust(9, "<"), personal.ljust(14, "<")
    lower = f"{number}{check_digit(number)}{state}{birth}{check_digit(birth)}{sex}{expires}{check_digit(expires)}"
    lower += f"{personal}{check_digit(personal)}"
    composite = check_digit(lower[:10] + lower[13:20] + lower[21:43])
    return f"{f'P<{state}{name}'[:44]:<<44}\n{lower}{composite}"


@pytest.fixture(scope="session")
def mrz() -> Callable[..., str]:
    return zone


def chinese_number(first: str) -> str:
    """The 18 digits of a number, from the 17 before its check character (GB 11643-1999: ISO 7064, MOD 11-2)."""
    remainder = sum(int(digit) * pow(2, 17 - at, 11) for at, digit in enumerate(first)) % 11
    return first + "10X98765432"[remainder]


@pytest.fixture(scope="session")
def card() -> Callable[[str], str]:
    return chinese_number


@pytest.fixture(scope="session")
def picture() -> Picture:
    """A picture of noise, as a file."""

    def make(format: str = "JPEG", size: tuple[int, int] = (640, 480), **options: Any) -> bytes:
        out = io.BytesIO()
        Image.effect_noise(size, 50).convert("RGB").save(out, format, **options)
        return out.getvalue()

    return make


@pytest.fixture(scope="session")
def sanctions() -> Sanctions:
    """The list that is shipped."""
    return Sanctions()


@dataclass
class Office:
    """The identity service of one bank."""

    db: BankDb
    clock: ManualClock
    work: Work
    cipher: FieldCipher
    identity: Identity
    picture: bytes
    files: Path
    verifier: Any = field(default=None)

    def submit(self, customer: int, claim: Claim, *pictures: bytes) -> Review:
        return asyncio.run(self.identity.submit(customer, claim, list(pictures) or [self.picture]))

    def do(self, method: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """A method that takes a connection, in a transaction of its own."""
        with self.db.write() as connection:
            return method(connection, *args, **kwargs)


@pytest.fixture(scope="session")
def workers() -> Iterator[Workers]:
    pool = Workers()
    yield pool
    pool.close()


@pytest.fixture
def office(url: str, tmp_path: Path, sanctions: Sanctions, picture: Picture, workers: Workers) -> Iterator[Office]:
    db, clock, work, cipher = empty_bank(tmp_path, url), ManualClock(), Work(), FieldCipher(bytes(32))
    verifier = BuiltInVerifier(load_policy("cn").identity, sanctions)
    one_suffices = 100.5  # what two have to clear is tested with the staff's desk
    identity = Identity(db, cipher, clock, work, verifier, workers, one_suffices)
    yield Office(db, clock, work, cipher, identity, picture(), tmp_path)
    work.close()
    db.close()
