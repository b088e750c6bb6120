"""Transfers between a signed-in customer's own accounts."""

from __future__ import annotations

from litestar.params import FromQuery, JSONBody

from feiqian.accounts.kinds import wallet_id
from feiqian.clock import moment
from feiqian.deposits.api import shapes
from feiqian.deposits.model import WALLET
from feiqian.deposits.transfers import Wanted
from feiqian.events import OwnTransferDecided
from feiqian.ids import CustomerNumber
from feiqian.money import BY_NUMBER
from feiqian.services import Services
from feiqian.web.v1 import problems
from feiqian.web.v1.operations import Id, TheServices, TheSession, get, grouped, post

from .accounts import Cursor, Limit


@post(
    "/v1/me/transfers",
    "createTransfer",
    "Move money between own accounts",
    who="customer",
    description="At once, or `declined` with a `reason`. Sent again with the same `number` and content it gives the "
    "first answer, and with anything else `/problems/id-reused`. No limit counts.",
    problems=(problems.NOT_FOUND, problems.ID_REUSED),
)
async def create_transfer(
    data: JSONBody[shapes.TransferWanted], session: TheSession, services: TheServices
) -> shapes.TransferShown:
    customer = session.subject.customer
    wanted = Wanted(data.number, data.source, data.target, data.amount, data.currency)
    fact = await services.own_transfers.make(customer, wanted)
    return (await _shown(services, customer, [fact]))[0]


@get("/v1/me/transfers", "listTransfers", "Transfers between own accounts, newest first", who="customer")
async def list_transfers(
    session: TheSession,
    services: TheServices,
    limit: FromQuery[Limit] = 50,
    cursor: FromQuery[Cursor | None] = None,
) -> shapes.TransferList:
    customer, reads = session.subject.customer, services.own_transfers.reads
    await reads.wait(services.ledger.durable_position, who=("customer", customer))
    facts, older = await reads.newest(customer, cursor or "", limit)
    return shapes.TransferList(await _shown(services, customer, facts), older or None, await reads.incomplete())


@get(
    "/v1/me/transfers/{id:str}",
    "getTransfer",
    "A transfer between own accounts",
    who="customer",
    problems=(problems.NOT_FOUND,),
)
async def get_transfer(id: Id, session: TheSession, services: TheServices) -> shapes.TransferShown:
    customer = session.subject.customer
    return (await _shown(services, customer, [await services.own_transfers.get(customer, id)]))[0]


async def _shown(
    services: Services, customer: CustomerNumber, facts: list[OwnTransferDecided]
) -> list[shapes.TransferShown]:
    ids = {account.ledger_id: account.id for account in await services.deposits.all_of(customer)}

    def place(fact: OwnTransferDecided, ledger_id: bytes) -> str:
        return WALLET if ledger_id == wallet_id(fact.currency, customer) else ids[ledger_id]

    return [
        shapes.TransferShown(
            id=fact.id,
            status=fact.status,
            reason=fact.reason,
            number=fact.number,
            source=place(fact, fact.debit),
            target=place(fact, fact.credit),
            amount=fact.amount,
            currency=BY_NUMBER[fact.currency].code,
            created_at=moment(fact.created_at),
        )
        for fact in facts
    ]


OPERATIONS = grouped(
    "Own transfers",
    "Between the wallet and the accounts of one customer, at once.",
    create_transfer,
    list_transfers,
    get_transfer,
)
