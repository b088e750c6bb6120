"""Transfers between people as each side is shown them: names of others masked, reasons in words. Decides nothing."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from feiqian.events import PersonTransferStatus
from feiqian.ids import CustomerNumber
from feiqian.money import CurrencyNumber, MinorUnits
from feiqian.strings.masking import masked_name
from feiqian.texts import texts_in
from feiqian.transfers.model import REASONS, TransferDecline
from feiqian.transfers.read_model.reads import Shown


class Side(StrEnum):
    """Which side of a transfer a customer is on. The values are on the wire."""

    SENT = "sent"
    RECEIVED = "received"


class View(NamedTuple):
    """A transfer as one of its sides sees it; times in Unix microseconds, 0 and None: does not apply."""

    id: str
    side: Side
    status: PersonTransferStatus
    reason: str | None
    message: str | None
    other: str
    amount: MinorUnits
    currency: CurrencyNumber
    note: str
    number: str | None
    created_at: int
    held_until: int
    ended_at: int
    way: str
    about: str
    debit: bytes  # the sender's account, told the sender alone
    credit: bytes  # the receiver's, told the receiver alone
    transfer: bytes


def view_of(shown: Shown, customer: CustomerNumber, names: Mapping[CustomerNumber, str], language: str) -> View:
    """`names`: of the senders."""
    fact, sent = shown.fact, shown.fact.sender == customer
    other = fact.payee if sent else masked_name(names.get(fact.sender, ""))
    return View(
        id=fact.id,
        side=Side.SENT if sent else Side.RECEIVED,
        status=shown.status,
        reason=fact.reason,
        message=reason_words(fact.reason, language) if fact.reason else None,
        other=other,
        amount=fact.amount,
        currency=fact.currency,
        note=fact.note,
        number=fact.number if sent else None,
        created_at=fact.created_at,
        held_until=fact.held_until if sent else 0,
        ended_at=shown.ended_at,
        way=fact.way,
        about=fact.about,
        debit=fact.debit if sent else b"",
        credit=b"" if sent else fact.credit,
        transfer=fact.transfer,
    )


def reason_words(reason: str, language: str) -> str:
    """Why it was declined, for its sender; a reason of a later version gets the most general sentence."""
    known = reason if reason in REASONS else TransferDecline.NOT_POSSIBLE
    return texts_in(language)(f"transfers.reason.{known}")
