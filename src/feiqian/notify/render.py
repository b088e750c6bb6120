"""The words of a message: from the texts of its language, framed as its channel wants them; and its page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import quote

from feiqian.notify.model import FIRST_PAGE, Channel, Message
from feiqian.strings.links import without_links
from feiqian.strings.visible import is_visible
from feiqian.texts import Texts, texts_in

LINK = "link"  # in invitations of merchants' people
ADDRESSES = frozenset({LINK, "endpoint"})  # what may be a link: a merchant's own endpoint, too; nothing for customers
VALUE_LENGTH = 200  # characters of one value: names come from others
# The pages that show what a message is about; of all others it is the first page.
_PAGES = (
    dict.fromkeys(("identity_refused", "document_known"), "/identity")
    | {"verified": "/wallet/pay"}
    | dict.fromkeys(
        ("signed_in", "changed", "frozen", "frozen_by_report", "unfrozen", "locked", "locked_device", "recovered"),
        "/security",
    )
    | dict.fromkeys(("lock_opening", "lock_kept", "lock_opened"), "/locks")
    | dict.fromkeys(("limit_raise", "limit_raised"), "/limits")
    | dict.fromkeys(
        ("quick_opened", "quick_closed", "quick_paused", "quick_resumed", "quick_remembered"), "/quick/accounts"
    )
    | dict.fromkeys(("service_requested", "service_active", "service_refused", "service_closed"), "/services")
    | dict.fromkeys(("case_opened", "recovery_help", "number_reassigned"), "/security")
)


class Words(NamedTuple):
    """`subject` is empty for text messages."""

    subject: str
    text: str

    def __repr__(self) -> str:
        return "Words(…)"


def words_of(message: Message) -> Words:
    """Raises KeyError for a kind, a language or a value that the texts do not have."""
    said, texts = bare_words(message.kind, message.language, message.values), texts_in(message.language)
    own = f"message.frame.{message.channel}.{message.kind}"  # of messages that are answered by following their link
    framed = _say(texts, own if own in texts.catalogue else f"message.frame.{message.channel}", {"text": said.text})
    return Words("" if message.channel is Channel.SMS else said.subject, framed)


def bare_words(kind: str, language: str, values: Mapping[str, str]) -> Words:
    """What a message says, without what its channel puts around it. Raises KeyError, as above."""
    texts = texts_in(language)
    cleaned = {name: _clean(name, value, texts) for name, value in values.items()}
    return Words(texts(f"message.{kind}.subject"), _say(texts, f"message.{kind}.text", cleaned))


def page_of(message: Message) -> str:
    """The path of the bank's page that shows what a message is about: of a payment, where it is confirmed."""
    return page_about(message.kind, message.values)


def page_about(kind: str, values: Mapping[str, str]) -> str:
    """The same, of what a message of this kind would say."""
    payment = values.get("payment")
    return f"/confirm/{quote(payment, safe='')}" if payment else _PAGES.get(kind, FIRST_PAGE)


def _say(texts: Texts, key: str, values: Mapping[str, str]) -> str:
    return texts.catalogue[key].format(**values)


def _clean(name: str, value: str, texts: Texts) -> str:
    """One line, of bounded length, that leads nowhere: a merchant's name must not look like a message of ours."""
    if name not in ADDRESSES:
        value = without_links(value)
    if name == "what":
        value = texts.catalogue.get(f"message.what.{value}", value)
    line = " ".join("".join(c if is_visible(c) else " " for c in value).split())
    return line if len(line) <= VALUE_LENGTH else line[: VALUE_LENGTH - 1] + "…"
