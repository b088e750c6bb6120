"""The last line of a text that is signed: a mark that no other text has, and that evidence is held to."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import NamedTuple

from feiqian.clock import MICROSECONDS

VERSION = 1
UNNAMED = "unnamed"  # the subject, where saying more would tell whether somebody is known
_MARK = re.compile(
    r"\[feiqian-(?P<version>\d+) (?P<challenge>chl_[0-9a-f]{32}) (?P<purpose>[a-z_]+) (?P<subject>[a-z]+(?::\d+)?)"
    r" (?P<at>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z)\]",
    re.ASCII,
)


class Mark(NamedTuple):
    """The last line of a text that is signed: which challenge, of whom, for what, begun when (ISO 8601, UTC)."""

    challenge: str
    purpose: str
    subject: str
    at: str

    def line(self) -> str:
        return f"[feiqian-{VERSION} {self.challenge} {self.purpose} {self.subject} {self.at}]"


def read_mark(text: str) -> Mark | None:
    """The mark in the last line of a text, if this version of the text has one there."""
    match = _MARK.fullmatch(text.rpartition("\n")[2])
    if match is None or int(match["version"]) != VERSION:
        return None
    return Mark(match["challenge"], match["purpose"], match["subject"], match["at"])


def mark_of(challenge: str, purpose: str, subject: str, now: int) -> Mark:
    """`now` in Unix microseconds."""
    moment = datetime.fromtimestamp(now // MICROSECONDS, UTC)
    return Mark(challenge, purpose, subject, f"{moment:%Y-%m-%dT%H:%M:%S}.{now % MICROSECONDS:06d}Z")
