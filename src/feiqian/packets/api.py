"""Red packets under /v1, and which problem each error is."""

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
from feiqian.money import BY_NUMBER
from feiqian.packets.errors import (
    PacketInvalid,
    PacketNotFound,
    PacketNotTaken,
    PacketNumberUsed,
    ReceiverCannotReceive,
    ReceiverNotConfirmed,
)
from feiqian.packets.model import Asked, Mode
from feiqian.packets.read_model.reads import Shown
from feiqian.packets.views import State, View
from feiqian.payees.api import PAYEE_CHANGED
from feiqian.payments.requests import Amount, CurrencyCode, Reference
from feiqian.policy.layout import MOST_SHARES
from feiqian.services import Services
from feiqian.strings.patterns import LINE, matching
from feiqian.transfers.api import NoteReported
from feiqian.transfers.model import LONGEST_NOTE
from feiqian.web.v1 import problems
from feiqian.web.v1.operations import Id, TheServices, TheSession, TheVisitor, get, grouped, post
from feiqian.web.v1.problems import ID_REUSED, INVALID, NOT_FOUND, FieldError, Kind, ProblemError, Told

PACKET_NOT_TAKEN = Kind("packet-not-taken", "Nothing can be taken from this red packet", 409)
RECEIVER_NOT_CONFIRMED = Kind("receiver-not-confirmed", "The name is not the receiver's", 409)
RECEIVER_NOT_RECEIVING = Kind("receiver-not-receiving", "This receiver cannot be sent money now", 409)
PROBLEMS: dict[type[FeiqianError], Kind] = {
    PacketNotFound: NOT_FOUND,
    PacketNumberUsed: ID_REUSED,
    PacketInvalid: INVALID,
    PacketNotTaken: PACKET_NOT_TAKEN,
    ReceiverNotConfirmed: RECEIVER_NOT_CONFIRMED,
    ReceiverCannotReceive: RECEIVER_NOT_RECEIVING,
}


def _field(problem: ProblemError, error: PacketInvalid) -> None:
    problem.errors = (FieldError(error.field, f"at most {error.most}" if error.most else "invalid"),)


def _why(problem: ProblemError, error: PacketNotTaken) -> None:
    problem.errors = (FieldError("id", error.why.value),)


TOLD: dict[type[FeiqianError], Told] = {PacketInvalid: _field, PacketNotTaken: _why}
PATH = "/v1/me/packets"
_NUMBER = "Your own number for it, which makes it one."
_CHECK = "Of the only receiver, who was checked; empty: whoever has the link takes a share."
_SOURCE = "The id of an account of yours, `wallet`, or empty: as payments by code are taken."
_SHARES = "At most as many as the bank allows; 1 for a receiver."
_CODE = "The `code` in the packet's link; empty for whom it was made."
_CHECK_ID = "pck_01a21ac8d8a073fb8e8d69f236941c11"
Code = Annotated[str, matching("[A-Za-z0-9_-]{0,64}", description=_CODE, examples=[""])]


class PacketAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Money in shares: `fixed`, all the same, or `random`."""

    number: Annotated[Reference, msgspec.Meta(description=_NUMBER, examples=["new-year-2027"])]
    amount: Amount
    currency: CurrencyCode
    shares: Annotated[int, msgspec.Meta(ge=1, le=MOST_SHARES, description=_SHARES, examples=[5])]
    mode: Mode
    check: Annotated[str, matching("(|pck_[0-9a-f]{32})", description=_CHECK, examples=[""])] = ""
    source: Annotated[str, matching("(|wallet|acc_[0-9a-f]{32})", description=_SOURCE, examples=["wallet"])] = ""
    note: Annotated[str, matching(LINE, max_length=LONGEST_NOTE, examples=["Happy New Year"])] = ""

    def asked(self) -> Asked:
        what = self.number, self.amount, self.currency, self.shares, self.mode, self.check, self.source
        return Asked(*what, self.note)


class PacketConfirmed(PacketAsked, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The same, with the challenge that was passed for it."""

    challenge: ChallengeId


class PacketOpening(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What opens it."""

    code: Code = ""


class ShareTaken(msgspec.Struct, frozen=True):
    """A share that was taken; `who` is masked, and empty of one's own. `best`: the largest of random shares."""

    who: str
    mine: bool
    amount: int
    at: datetime
    best: bool


class PacketShown(msgspec.Struct, frozen=True):
    """A red packet as you see it. `other` is the receiver of yours, or the sender, masked. `amount`, `given` and
    `takes` are told its sender and who has taken of it; `link` and `number` its sender alone. `cannot`: why you could
    take nothing now."""

    id: Annotated[str, msgspec.Meta(examples=["rpk_01a21ac8d8a073fb8e8d69f236941c11"])]
    made: bool
    shared: bool
    state: State
    reason: str | None
    message: str | None
    other: str
    amount: int | None
    currency: str
    mode: Mode
    shares: int
    taken: int
    given: int | None
    returned: int | None
    own: int | None
    note: str
    number: str | None
    link: str | None
    created_at: datetime
    ends_at: datetime
    cannot: str
    takes: list[ShareTaken]


class PacketList(msgspec.Struct, frozen=True, omit_defaults=True):
    """Newest first, without who has taken what. `next` is the id to ask for the page after it by, None at the end;
    `incomplete`: some may be missing until the bank has repaired its record."""

    data: list[PacketShown]
    next: str | None
    incomplete: bool = False


@post(
    PATH + "/challenge",
    "beginPacket",
    "Begin to make a red packet; the challenge's `text` is what is confirmed",
    who="customer",
    problems=(problems.NOT_FOUND, PAYEE_CHANGED, RECEIVER_NOT_CONFIRMED, RECEIVER_NOT_RECEIVING, FACTOR_NOT_USABLE),
)
async def begin_packet(
    data: JSONBody[PacketAsked], session: TheSession, visitor: TheVisitor, services: TheServices
) -> ChallengeShown:
    begun = services.packets.begin(session.subject, data.asked(), visitor.language, session.device)
    return challenge_shown(await begun)


@post(
    PATH,
    "createPacket",
    "Make a red packet, with the challenge that was passed for it",
    who="customer",
    description="The money leaves your account at once, or the packet is `declined` with a `reason`. Sent again with "
    "the same `number` and content it gives the first answer, and with anything else `/problems/id-reused`. Limits of "
    "transfers count it now. What nobody has taken when it ends comes back.",
    problems=(problems.NOT_FOUND, ID_REUSED, RECEIVER_NOT_CONFIRMED, problems.CHALLENGE_OVER, CHALLENGE_NOT_PASSED),
)
async def create_packet(
    data: JSONBody[PacketConfirmed], session: TheSession, visitor: TheVisitor, services: TheServices
) -> PacketShown:
    fact = await services.packets.make(session.subject, data.asked(), data.challenge)
    found = await services.packets.get(session.subject.customer, fact.id)
    return await _whole(services, session, visitor.language, found)


@get(PATH, "listPackets", "Red packets made, taken from, or there to be taken; newest first", who="customer")
async def list_packets(
    session: TheSession,
    visitor: TheVisitor,
    services: TheServices,
    limit: FromQuery[Annotated[int, msgspec.Meta(ge=1, le=100)]] = 50,
    cursor: FromQuery[Annotated[str, matching("[a-z0-9_]{1,40}")] | None] = None,
) -> PacketList:
    customer, packets = session.subject.customer, services.packets
    await packets.reads.wait(services.ledger.durable_position, who=("customer", customer))
    found, older = await packets.reads.newest(customer, cursor or "", limit)
    views = await packets.views(customer, found, visitor.language)
    shown = [_shown(services, view) for view in views]
    return PacketList(shown, older or None, await packets.reads.incomplete())


@get(
    PATH + "/{id:str}",
    "getPacket",
    "A red packet, and who has taken what",
    who="customer",
    description="One that is shared needs the code of its link, unless you have made it or taken of it.",
    problems=(problems.NOT_FOUND,),
)
async def get_packet(
    id: Id, session: TheSession, visitor: TheVisitor, services: TheServices, code: FromQuery[Code] = ""
) -> PacketShown:
    found = await services.packets.get(session.subject.customer, id, code)
    return await _whole(services, session, visitor.language, found)


@post(
    PATH + "/{id:str}/take",
    "takePacket",
    "Take a share of a red packet, once",
    who="customer",
    description="Asked again it tells the same.",
    problems=(problems.NOT_FOUND, PACKET_NOT_TAKEN),
)
async def take_packet(
    id: Id, data: JSONBody[PacketOpening], session: TheSession, visitor: TheVisitor, services: TheServices
) -> PacketShown:
    found = await services.packets.take(session.subject.customer, id, data.code)
    return await _whole(services, session, visitor.language, found)


@post(
    PATH + "/{id:str}/report",
    "reportPacketNote",
    "Report what somebody has written on a red packet",
    who="customer",
    description="Opens a case with what is known of it; again, it is the same case.",
    problems=(problems.NOT_FOUND, problems.CONFLICT),
)
async def report_packet_note(
    id: Id, data: JSONBody[PacketOpening], session: TheSession, services: TheServices
) -> NoteReported:
    return NoteReported((await services.packet_reports.report(session.subject.customer, id, data.code)).id)


async def _whole(services: Services, session: TheSession, language: str, found: Shown) -> PacketShown:
    (view,) = await services.packets.views(session.subject.customer, [found], language, whole=True)
    return _shown(services, view)


def _shown(services: Services, view: View) -> PacketShown:
    shares = view.made and view.shared and view.state is State.OPEN
    return PacketShown(
        id=view.id,
        made=view.made,
        shared=view.shared,
        state=view.state,
        reason=view.reason,
        message=view.message,
        other=view.other,
        amount=view.amount,
        currency=BY_NUMBER[view.currency].code,
        mode=view.mode,
        shares=view.shares,
        taken=view.taken,
        given=view.given,
        returned=view.returned,
        own=view.own,
        note=view.note,
        number=view.number,
        link=services.packets.links.of(view.id) if shares else None,
        created_at=moment(view.created_at),
        ends_at=moment(view.ends_at),
        cannot=view.cannot,
        takes=[ShareTaken(one.who, one.mine, one.amount, moment(one.at), one.best) for one in view.takes],
    )


OPERATIONS = grouped(
    "Red packets",
    "Money in shares, for one person or for whoever has the link; what is left comes back.",
    begin_packet,
    create_packet,
    list_packets,
    get_packet,
    take_packet,
    report_packet_note,
)
