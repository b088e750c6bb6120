"""Sending money to somebody else under /v1, and which problem each error is."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from litestar.params import FromQuery, JSONBody

from feiqian.auth.api.refused import CHALLENGE_NOT_PASSED, FACTOR_NOT_USABLE
from feiqian.auth.api.render import shown as challenge_shown
from feiqian.auth.api.shapes import ChallengeShown
from feiqian.auth.api.shapes import Id as ChallengeId
from feiqian.clock import moment
from feiqian.errors import FeiqianError
from feiqian.events import PersonTransferStatus
from feiqian.money import BY_NUMBER
from feiqian.payees.api import PAYEE_CHANGED, CheckId
from feiqian.payments.requests import Amount, CurrencyCode, Reference
from feiqian.policy.model import NO_BOUND
from feiqian.strings.patterns import LINE, matching
from feiqian.transfers.caution import Care, Fraud, Signal
from feiqian.transfers.errors import (
    NoteNotReportable,
    PersonTransferInvalid,
    PersonTransferNotFound,
    PersonTransferNumberUsed,
    ReportsUsedUp,
    TransferOver,
    UnusualTooHigh,
    WaitingUsedUp,
)
from feiqian.transfers.model import LONGEST_NOTE, Asked
from feiqian.transfers.read_model.reads import as_decided
from feiqian.transfers.views import Side, View
from feiqian.web.v1 import problems
from feiqian.web.v1.operations import Id, TheServices, TheSession, TheVisitor, get, grouped, post
from feiqian.web.v1.problems import (
    CONFLICT,
    ID_REUSED,
    INVALID,
    NOT_FOUND,
    TOO_MANY_REQUESTS,
    FieldError,
    Kind,
    ProblemError,
    Told,
)

TRANSFER_OVER = Kind("transfer-over", "The money has gone to its payee, or has come back, already", 409)
WAITING_USED_UP = Kind("waiting-transfers-used-up", "No more money to such numbers can be sent today", 409)
PROBLEMS: dict[type[FeiqianError], Kind] = {
    TransferOver: TRANSFER_OVER,
    WaitingUsedUp: WAITING_USED_UP,
    UnusualTooHigh: INVALID,
    PersonTransferNotFound: NOT_FOUND,
    PersonTransferNumberUsed: ID_REUSED,
    PersonTransferInvalid: INVALID,
    NoteNotReportable: CONFLICT,
    ReportsUsedUp: TOO_MANY_REQUESTS,
}


def _field(problem: ProblemError, error: PersonTransferInvalid) -> None:
    problem.errors = (FieldError(error.field, "invalid"),)


TOLD: dict[type[FeiqianError], Told] = {PersonTransferInvalid: _field, UnusualTooHigh: _field}
PATH = "/v1/me/person-transfers"
_SOURCE = "The id of an account of yours, `wallet`, or empty: as payments by code are taken."
_NOTE = "The payee reads it."
_NUMBER = "Your own number for it, which makes it one."


class TransferAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Money to a payee that was checked."""

    number: Annotated[Reference, msgspec.Meta(description=_NUMBER, examples=["dinner-2026-12-01"])]
    check: CheckId
    amount: Amount
    currency: CurrencyCode
    source: Annotated[str, matching("(|wallet|acc_[0-9a-f]{32})", description=_SOURCE, examples=["wallet"])] = ""
    note: Annotated[str, matching(LINE, max_length=LONGEST_NOTE, description=_NOTE, examples=["Dinner"])] = ""

    def asked(self) -> Asked:
        return Asked(self.number, self.check, self.amount, self.currency, self.source, self.note)


class TransferConfirmed(TransferAsked, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The same, with the challenge that was passed for it."""

    challenge: ChallengeId


class CareShown(msgspec.Struct, frozen=True):
    """What is unusual of a transfer. `fraud`: what it would most likely be, if it is one. `held_hours`: the money is
    held so long, and can be cancelled meanwhile; `waiting_hours`: if nobody has this number, it waits so long for its
    registration; 0: neither. More than `at_most`, in minor units, is not sent (null: no such limit)."""

    signals: list[Signal]
    fraud: Fraud | None
    held_hours: int
    waiting_hours: int
    at_most: int | None


class PersonTransferShown(msgspec.Struct, frozen=True):
    """A transfer as one of its sides sees it. `other` is the other side: the name that you confirmed, or the sender's,
    masked. `number` is the sender's own, and told nobody else."""

    id: Annotated[str, msgspec.Meta(examples=["pst_01a21ac8d8a073fb8e8d69f236941c11"])]
    side: Side
    status: PersonTransferStatus
    reason: str | None
    message: str | None
    other: str
    amount: int
    currency: str
    note: str
    number: str | None
    created_at: datetime
    held_until: datetime | None


class PersonTransferList(msgspec.Struct, frozen=True, omit_defaults=True):
    """Newest first. `next` is the id to ask for the page after it by, None at the end; `incomplete`: some may be
    missing until the bank has repaired its record."""

    data: list[PersonTransferShown]
    next: str | None
    incomplete: bool = False


@post(
    PATH + "/warnings",
    "getTransferWarnings",
    "What is unusual of a transfer; to be shown before it is confirmed",
    who="customer",
    problems=(problems.NOT_FOUND, PAYEE_CHANGED),
)
async def get_transfer_warnings(data: JSONBody[TransferAsked], session: TheSession, services: TheServices) -> CareShown:
    return care_shown(await services.person_transfers.care(session.subject.customer, data.asked()))


@post(
    PATH + "/challenge",
    "beginPersonTransfer",
    "Begin to send money; the challenge's `text` is what is confirmed",
    who="customer",
    problems=(problems.NOT_FOUND, PAYEE_CHANGED, FACTOR_NOT_USABLE),
)
async def begin_person_transfer(
    data: JSONBody[TransferAsked], session: TheSession, visitor: TheVisitor, services: TheServices
) -> ChallengeShown:
    begun = services.person_transfers.begin(session.subject, data.asked(), visitor.language, session.device)
    return challenge_shown(await begun)


@post(
    PATH,
    "createPersonTransfer",
    "Send money, with the challenge that was passed for it",
    who="customer",
    description="At once, or `declined` with a `reason`. Sent again with the same `number` and content it gives the "
    "first answer, and with anything else `/problems/id-reused`. Limits and balance count now, and the payee is "
    "checked again: if anything of them has changed, the challenge is void.",
    problems=(problems.NOT_FOUND, ID_REUSED, WAITING_USED_UP, problems.CHALLENGE_OVER, CHALLENGE_NOT_PASSED),
)
async def create_person_transfer(
    data: JSONBody[TransferConfirmed], session: TheSession, visitor: TheVisitor, services: TheServices
) -> PersonTransferShown:
    transfers = services.person_transfers
    fact = await transfers.send(session.subject, data.asked(), data.challenge)
    return _shown(await transfers.views(session.subject.customer, [as_decided(fact)], visitor.language))[0]


@get(PATH, "listPersonTransfers", "Money sent to people and received from them, newest first", who="customer")
async def list_person_transfers(
    session: TheSession,
    visitor: TheVisitor,
    services: TheServices,
    limit: FromQuery[Annotated[int, msgspec.Meta(ge=1, le=100)]] = 50,
    cursor: FromQuery[Annotated[str, matching("[a-z0-9_]{1,40}")] | None] = None,
) -> PersonTransferList:
    customer, reads = session.subject.customer, services.person_transfers.reads
    await reads.wait(services.ledger.durable_position, who=("customer", customer))
    found, older = await reads.newest(customer, cursor or "", limit)
    shown = _shown(await services.person_transfers.views(customer, found, visitor.language))
    return PersonTransferList(shown, older or None, await reads.incomplete())


@post(
    PATH + "/{id:str}/cancel",
    "cancelPersonTransfer",
    "Cancel a transfer that is held or waits; again, it changes nothing",
    who="customer",
    problems=(problems.NOT_FOUND, TRANSFER_OVER),
)
async def cancel_person_transfer(
    id: Id, session: TheSession, visitor: TheVisitor, services: TheServices
) -> PersonTransferShown:
    found = await services.person_transfers.cancel(session.subject, id)
    return _shown(await services.person_transfers.views(session.subject.customer, [found], visitor.language))[0]


@get(
    PATH + "/{id:str}",
    "getPersonTransfer",
    "Money sent to somebody, or received",
    who="customer",
    problems=(problems.NOT_FOUND,),
)
async def get_person_transfer(
    id: Id, session: TheSession, visitor: TheVisitor, services: TheServices
) -> PersonTransferShown:
    customer = session.subject.customer
    found = await services.person_transfers.get(customer, id)
    return _shown(await services.person_transfers.views(customer, [found], visitor.language))[0]


class NoteReported(msgspec.Struct, frozen=True):
    """The case that staff work on."""

    case: Annotated[str, msgspec.Meta(examples=["cas_01a21ac8d8a073fb8e8d69f236941c11"])]


@post(
    PATH + "/{id:str}/report",
    "reportTransferNote",
    "Report the note that came with money",
    who="customer",
    description="Opens a case with what is known of it; again, it is the same case.",
    problems=(problems.NOT_FOUND, CONFLICT),
)
async def report_note(id: Id, session: TheSession, services: TheServices) -> NoteReported:
    return NoteReported((await services.note_reports.report(session.subject.customer, id)).id)


def care_shown(care: Care) -> CareShown:
    at_most = care.at_most if care.at_most < NO_BOUND else None
    return CareShown(list(care.signals), care.fraud, care.held, care.waits, at_most)


def _shown(found: list[View]) -> list[PersonTransferShown]:
    return [
        PersonTransferShown(
            id=view.id,
            side=view.side,
            status=view.status,
            reason=view.reason,
            message=view.message,
            other=view.other,
            amount=view.amount,
            currency=BY_NUMBER[view.currency].code,
            note=view.note,
            number=view.number,
            created_at=moment(view.created_at),
            held_until=moment(view.held_until) if view.held_until else None,
        )
        for view in found
    ]


OPERATIONS = grouped(
    "Sending money",
    "To another customer, at once: the payee is checked, the transfer confirmed, both sides see it.",
    get_transfer_warnings,
    begin_person_transfer,
    create_person_transfer,
    cancel_person_transfer,
    list_person_transfers,
    get_person_transfer,
    report_note,
)
