"""One request to the bank, and when it is sent again: the same for the synchronous client and for the other.

Nothing here sends or sleeps. A request is sent again only as it was, with its number and its key, so that it is done at
most once, however often it arrives.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Generator, Mapping
from typing import Any, Generic, NamedTuple, TypeVar

import msgspec

from .errors import AnswerInvalid, FeiqianError, OutcomeUnknown, Unavailable, details_of, problem_of

T = TypeVar("T")
KEY = "idempotency-key"
LONGEST_RETRY_AFTER = 10.0
# Of these the bank says that nothing was done. Any other answer above 499 leaves that open.
NOTHING_DONE = frozenset({"/problems/overloaded", "/problems/unavailable", "/problems/too-many-requests"})
# Of these 4xx nothing follows for an earlier attempt, of which no answer came.
UNRELATED = frozenset({401, 403, 407, 408, 421, 425, 429, 431})


class Answer(NamedTuple):
    """What was answered. `retry_after` as it was sent, "" if it was not."""

    status: int
    media_type: str
    retry_after: str
    body: bytes


class NoAnswer(NamedTuple):
    """None came. `sent`: the request may have arrived."""

    sent: bool
    why: str


class Retries(NamedTuple):
    """How often a request is sent in all, and the pauses between, in seconds: twice the one before, up to a bound, each
    cut by chance, so that those who were refused together do not come back together."""

    attempts: int = 5
    first_pause: float = 0.2
    longest_pause: float = 3.0
    chance: Callable[[], float] = random.random  # from 0 to 1

    def pause(self, attempt: int, retry_after: str) -> float:
        """After this attempt (the first is 1); never shorter than the bank asks for, within reason."""
        bound = min(self.longest_pause, self.first_pause * 2.0 ** (attempt - 1))
        asked = float(retry_after) if retry_after.isascii() and retry_after.isdigit() else 0.0
        return max(min(asked, LONGEST_RETRY_AFTER), bound * (0.5 + self.chance() / 2))


class Call(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """A request and how its answer is read. `number`: what it is known by afterwards. `unanswered` is what the call
    gives if nobody knows, in place of raising it."""

    method: str
    path: str
    read: Callable[[bytes], T]
    query: Mapping[str, str] = {}
    headers: Mapping[str, str] = {}
    body: bytes = b""
    number: str = ""
    wait: int = 0  # seconds that the bank may take, besides
    unanswered: Callable[[FeiqianError], T] | None = None

    @property
    def changes(self) -> bool:
        return self.method != "GET"

    def unknown(self, why: str) -> OutcomeUnknown:
        """What is raised if nobody knows whether it was done."""
        return OutcomeUnknown(why, self.number, self.headers.get(KEY, ""))


def get(path: str, shape: type[T], **query: object) -> Call[T]:
    """A question. Parts of the query that are None are left out."""
    asked = {name: str(value) for name, value in query.items() if value is not None}
    wait = asked.get("wait", "0")
    return Call(method="GET", path=path, read=reader(shape), query=asked, wait=int(wait))


def post(path: str, shape: type[T], body: Mapping[str, Any], *, number: str = "", key: str = "") -> Call[T]:
    """A change. Fields that are None are left out."""
    content = {name: value for name, value in body.items() if value is not None}
    headers = {KEY: key} if key else {}
    encoded = msgspec.json.encode(content)
    return Call(method="POST", path=path, read=reader(shape), body=encoded, number=number, headers=headers)


def reader(shape: type[T]) -> Callable[[bytes], T]:
    """Decodes an answer. What a later version of the bank adds is passed over."""
    return msgspec.json.Decoder(shape).decode


def attempts(call: Call[T], retries: Retries) -> Generator[float, Answer | NoAnswer, T]:
    """Yields how long to pause (seconds) before the request is sent; is sent what came of it; returns the result.

    Raises Problem, Unavailable, AnswerInvalid, and OutcomeUnknown for a change of which nobody can say whether it was
    made.
    """
    try:
        return (yield from _attempts(call, retries))
    except (OutcomeUnknown, Unavailable, AnswerInvalid) as error:
        if call.unanswered is None:
            raise
        return call.unanswered(error)


def _attempts(call: Call[T], retries: Retries) -> Generator[float, Answer | NoAnswer, T]:
    open_still, pause, attempt = False, 0.0, 0  # open: an attempt may have been carried out
    while True:
        attempt += 1
        reply = yield pause
        if isinstance(reply, Answer) and reply.status == 200:
            return _read(call, reply)
        error, temporary, this_open = _judged(reply)
        open_still = call.changes and (open_still or this_open)
        if not temporary or attempt >= retries.attempts:
            decided = isinstance(reply, Answer) and reply.status < 500 and reply.status not in UNRELATED
            if open_still and not decided:
                raise call.unknown(str(error)) from error
            raise error
        pause = retries.pause(attempt, reply.retry_after if isinstance(reply, Answer) else "")


def _judged(reply: Answer | NoAnswer) -> tuple[FeiqianError, bool, bool]:
    """The error that it is; whether to try again; whether the request may have been carried out."""
    if isinstance(reply, NoAnswer):
        return Unavailable(f"no answer: {reply.why}"), True, reply.sent
    details = details_of(reply.media_type, reply.body)
    if reply.status == 429:
        return problem_of(reply.status, details), True, False
    if reply.status >= 500:
        said = details.title or "no explanation"
        return Unavailable(f"{reply.status}: {said}"), True, details.type not in NOTHING_DONE
    return problem_of(reply.status, details), False, False


def _read(call: Call[T], answer: Answer) -> T:
    try:
        return call.read(answer.body)
    except msgspec.DecodeError as error:
        if call.changes:
            raise call.unknown(f"the answer cannot be read: {error}") from error
        raise AnswerInvalid(f"the answer cannot be read: {error}") from error
