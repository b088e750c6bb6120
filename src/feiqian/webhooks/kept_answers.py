"""What was answered to requests with an `Idempotency-Key`: a retry is answered with it, and nothing is done twice.

An answer is kept in the transaction that carries the request out, so that a crash leaves both or none, and sealed. One
with a secret is kept for an hour: long enough for whoever lost it, and no way to read a secret that is in use.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

import msgspec
from sqlalchemy import Connection, delete, func, insert, select, update

from feiqian.audit_log.log import AuditLog
from feiqian.clock import HOUR, MICROSECONDS, Clock
from feiqian.field_cipher import FieldCipher
from feiqian.ids import MerchantNumber
from feiqian.merchants.errors import RequestKeyUsed
from feiqian.merchants.request_keys import KEY_SECONDS
from feiqian.runtime.locks import lock
from feiqian.runtime.transactions import Transactions, writes
from feiqian.subjects import merchant as subject_of
from feiqian.webhooks.errors import AnswerNotKept, TooManyKeys
from feiqian.webhooks.tables import KEPT_ANSWER, requests

KEEP = KEY_SECONDS * MICROSECONDS
KEEP_SECRETS = HOUR  # answers that hold one
MOST_KEPT = 10_000  # requests with a key, of one merchant
_c = requests.c
A = TypeVar("A", bound=msgspec.Struct)


class Asked(NamedTuple):
    """A request. `key` is "" where it has none; `name`, `about` (an id) and `content` are what is asked. `secret`:
    whether its answer holds one."""

    merchant: MerchantNumber
    key: str
    name: str
    about: str = ""
    content: msgspec.Struct | None = None
    secret: bool = False


@dataclass(kw_only=True, eq=False, repr=False)
class KeptAnswers:
    """Those to all merchants of one bank."""

    transactions: Transactions
    clock: Clock
    cipher: FieldCipher
    audit_log: AuditLog

    async def once(self, asked: Asked, shape: type[A], carry_out: Callable[[Connection], A]) -> A:
        """What `carry_out` answers in one transaction; to a retry what it answered then.

        Raises RequestKeyUsed, AnswerNotKept, TooManyKeys, and what `carry_out` raises: then nothing was done, and the
        key is not used.
        """
        return await self.transactions.write(self._once, asked, shape, carry_out)

    def _once(self, connection: Connection, asked: Asked, shape: type[A], carry_out: Callable[[Connection], A]) -> A:
        if not asked.key:
            return carry_out(connection)
        lock(connection, f"webhooks of {asked.merchant}")  # of two at once, one waits for the other's answer
        of_key, now = (_c.merchant == asked.merchant, _c.key == asked.key), self.clock.now()
        connection.execute(delete(requests).where(*of_key, _c.keep_until <= now))
        kept = connection.execute(select(requests).where(*of_key)).first()
        if kept is not None:
            return self._again(connection, asked, shape, kept, now)
        of_merchant = select(func.count()).where(_c.merchant == asked.merchant)
        if connection.execute(of_merchant).scalar_one() >= MOST_KEPT:
            raise TooManyKeys(f"{MOST_KEPT:,} requests with a key were made within a week, which is the most")
        answer = carry_out(connection)
        self._keep(connection, asked, answer, now)
        return answer

    def _keep(self, connection: Connection, asked: Asked, answer: msgspec.Struct, now: int) -> None:
        values: dict[str, Any] = {"merchant": asked.merchant, "key": asked.key, "content": self._content(asked)}
        values["answer"] = KEPT_ANSWER.seal(self.cipher, msgspec.json.encode(answer), _row(asked))
        values |= {"answer_until": now + (KEEP_SECRETS if asked.secret else KEEP), "keep_until": now + KEEP}
        connection.execute(insert(requests).values(values))

    def _again(self, connection: Connection, asked: Asked, shape: type[A], kept: Any, now: int) -> A:
        if kept.content != self._content(asked):
            raise RequestKeyUsed
        if kept.answer is None or kept.answer_until <= now:
            raise AnswerNotKept("this was done before, and its secret is shown no longer: rotate it, with another key")
        try:
            answer = msgspec.json.decode(KEPT_ANSWER.open(self.cipher, kept.answer, _row(asked)), type=shape)
        except msgspec.ValidationError:  # of an older version
            raise AnswerNotKept("this was done before, and what was answered is no longer kept") from None
        if asked.secret:
            who, about = subject_of(asked.merchant), getattr(answer, "id", "")
            self.audit_log.append(connection, who, "webhook_secret_repeated", about, {}, now)
        return answer

    def _content(self, asked: Asked) -> bytes:
        """By what it is known to be the same request."""
        content = msgspec.json.encode((asked.name, asked.about, asked.content))
        return self.cipher.blind_index(content.decode(), "webhooks/request")

    @writes
    def look(self, connection: Connection) -> None:
        """Drops what was kept long enough."""
        now = self.clock.now()
        connection.execute(delete(requests).where(_c.keep_until <= now))
        over = _c.answer_until <= now, _c.answer.is_not(None)
        connection.execute(update(requests).where(*over).values(answer=None))


def _row(asked: Asked) -> str:
    return f"{asked.merchant}/{asked.key}"
