"""A notice as a page shows it: its words as whoever looks reads them, its icon, and what can be done."""

from __future__ import annotations

from typing import NamedTuple

from feiqian.inbox.model import Notice
from feiqian.notify.render import bare_words, page_about
from feiqian.notify.values import formatted
from feiqian.web.formats import Formats
from feiqian.web.wallet_parts import NoticeKind, notice_kinds

_OTHER = "notices.look"
_PLAIN = NoticeKind("", "bell", _OTHER)


class ShownNotice(NamedTuple):
    """`act`: the key of the words for what `path` leads to."""

    id: str
    icon: str
    subject: str
    text: str
    at: int
    is_new: bool
    act: str
    path: str


def shown(notice: Notice, language: str, formats: Formats) -> ShownNotice:
    """Raises KeyError for a kind that has no texts (any more)."""
    values = formatted(notice.values, language, formats)
    words, look = bare_words(notice.kind, language, values), notice_kinds().get(notice.kind, _PLAIN)
    path = notice.path or page_about(notice.kind, values)
    return ShownNotice(notice.id, look.icon, words.subject, words.text, notice.at, notice.is_new, look.act, path)
