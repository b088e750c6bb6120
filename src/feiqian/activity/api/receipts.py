"""The receipt of a movement, what its customer adds to it, and a receipt as anybody finds it by its code."""

from __future__ import annotations

from litestar.params import JSONBody

from feiqian.activity.api import shapes
from feiqian.activity.codes import grouped as in_groups
from feiqian.activity.pages.activity import names_of, own_places
from feiqian.activity.pages.paper import Paper, print_receipt, told_to_staff
from feiqian.activity.reports import Problem
from feiqian.auth.sessions.model import Session
from feiqian.clock import moment
from feiqian.services import Services
from feiqian.texts import texts_in
from feiqian.web.formats import Formats
from feiqian.web.v1 import problems
from feiqian.web.v1.answers import Answer
from feiqian.web.v1.operations import Id, TheServices, TheSession, TheVisitor, get, grouped, post

from .activity import ids_of, shown

_OF_ONE = (problems.NOT_FOUND,)
_REPORTED = (problems.NOT_FOUND, problems.TOO_MANY_REQUESTS)


@get("/v1/me/activity/{id:str}", "getReceipt", "The receipt of a movement", who="customer", problems=_OF_ONE)
async def get_receipt(id: Id, session: TheSession, services: TheServices) -> shapes.ReceiptShown:
    return await _receipt(services, session, id)


@get(
    "/v1/me/activity/{id:str}/receipt",
    "printReceipt",
    "The receipt of what has moved, as PDF",
    who="customer",
    problems=_OF_ONE,
    media_type="application/pdf",
)
async def print_one(id: Id, session: TheSession, visitor: TheVisitor, services: TheServices) -> Answer:
    customer = session.subject.customer
    receipt = await services.activity.receipt(customer, id)
    code = await services.public_receipts.give(customer, receipt.movement)
    paper = await _paper(services, session, visitor.language, in_groups(code))
    made = await print_receipt(services, customer, receipt, paper)
    name = f'attachment; filename="receipt-{receipt.movement.id}.pdf"'.encode()
    return Answer(200, made, b"application/pdf", ((b"content-disposition", name),))


@post("/v1/me/activity/{id:str}/note", "putNote", "Note something on a movement", who="customer", problems=_OF_ONE)
async def put_note(
    id: Id, data: JSONBody[shapes.NoteWanted], session: TheSession, services: TheServices
) -> shapes.ReceiptShown:
    movement = await services.activity.movement(session.subject.customer, id)
    await services.movement_notes.put(session.subject.customer, movement.id, data.note)
    return await _receipt(services, session, movement.id)


@post(
    "/v1/me/activity/{id:str}/report",
    "reportMovement",
    "Report a problem with a movement",
    who="customer",
    description="Opens a case with what is known of the movement; while that is open, adds to it.",
    problems=_REPORTED,
)
async def report_movement(
    id: Id, data: JSONBody[shapes.ReportWanted], session: TheSession, visitor: TheVisitor, services: TheServices
) -> shapes.Reported:
    customer, problem = session.subject.customer, Problem(data.problem)
    receipt = await services.activity.receipt(customer, id)
    known = told_to_staff(receipt, problem, await _paper(services, session, visitor.language))
    made = await services.movement_reports.report(customer, receipt.movement.id, problem, known, data.text)
    return shapes.Reported(made.case.id, made.again)


@post(
    "/v1/me/activity/{id:str}/code",
    "giveReceipt",
    "The code by which others find the receipt from now on",
    who="customer",
    problems=_OF_ONE,
)
async def give_receipt(id: Id, session: TheSession, services: TheServices) -> shapes.CodeGiven:
    customer = session.subject.customer
    code = await services.public_receipts.give(customer, await services.activity.movement(customer, id))
    return shapes.CodeGiven(in_groups(code), f"{services.settings.public_origin}/receipts/{in_groups(code)}")


@get(
    "/v1/receipts/{id:str}",
    "checkReceipt",
    "What the bank's books say of a receipt, by its code",
    who="anyone",
    description="For whoever holds a receipt: what differs from it was changed. Unknown codes are not found.",
    problems=(problems.NOT_FOUND, problems.TOO_MANY_REQUESTS),
)
async def check_receipt(id: Id, services: TheServices) -> shapes.PublicReceiptShown:
    it = await services.public_receipts.look(id)
    return shapes.PublicReceiptShown(
        code=in_groups(it.code),
        at=moment(it.at),
        amount=it.amount.minor,
        currency=it.amount.currency.code,
        kind=it.text.rpartition(".")[2],
        status=it.status,
        returned=None if it.back is None else it.back.minor,
        payer=it.payer,
        payee=it.payee,
    )


async def _receipt(services: Services, session: Session, id: str) -> shapes.ReceiptShown:
    customer = session.subject.customer
    receipt = await services.activity.receipt(customer, id)
    it, details = receipt
    notes = await services.movement_notes.of(customer, [it.id])
    case = await services.movement_reports.of(customer, it.id)
    code = await services.public_receipts.given(customer, it)
    return shapes.ReceiptShown(
        movement=shown(it, await ids_of(services, customer), notes.get(it.id, "")),
        references=[shapes.ReferenceShown(key.rpartition(".")[2], value) for key, value in details.references],
        steps=[shapes.StepShown(step.text.rpartition(".")[2], moment(step.at)) for step in details.steps],
        fee=None if details.fee is None else details.fee.minor,
        returned=None if details.back is None else details.back.minor,
        report=None if case is None else case.id,
        code=in_groups(code) if code else None,
    )


async def _paper(services: Services, session: Session, language: str, code: str = "") -> Paper:
    """In the customer's language, by the bank's clock."""
    texts = texts_in(session.language or language)
    formats = Formats(texts, services.clock, services.settings.zone)
    return Paper(texts, formats, names_of(await own_places(services, session.subject.customer)), code)


OPERATIONS = grouped(
    "Receipts",
    "The receipt of each movement: as data, as PDF, and by its code for whoever holds one.",
    get_receipt,
    print_one,
    put_note,
    report_movement,
    give_receipt,
    check_receipt,
)
