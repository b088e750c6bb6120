"""Receive codes under /v1/me."""

from __future__ import annotations

from litestar.params import JSONBody

from feiqian.clock import moment
from feiqian.money import BY_NUMBER, MinorUnits
from feiqian.requests.api.refused import CANNOT_RECEIVE
from feiqian.requests.api.shapes import CodeShown, CodeWanted, ScannedCode, currency_of
from feiqian.requests.links import ReceiveLinks
from feiqian.web.v1.operations import Id, TheServices, TheSession, get, grouped, post
from feiqian.web.v1.problems import NOT_FOUND

PATH = "/v1/me/receive-codes"


@post(
    PATH,
    "showReceiveCode",
    "The code to show to a person who is to send you money",
    who="customer",
    description="For money between people only: takings of a business need a merchant's code.",
    problems=(CANNOT_RECEIVE,),
)
async def show_receive_code(data: JSONBody[CodeWanted], session: TheSession, services: TheServices) -> CodeShown:
    currency, amount = currency_of(data.currency), MinorUnits(data.amount)
    code = await services.receive_codes.show(session.subject.customer, amount, currency)
    link = ReceiveLinks(services.settings.public_origin, services.cipher).of(code.id)
    until = moment(code.changes_at), moment(code.ends_at)
    return CodeShown(code.id, link, code.amount, data.currency, *until)


@get(
    PATH + "/{id:str}",
    "getReceiveCode",
    "Whose receive code was scanned",
    who="customer",
    problems=(NOT_FOUND,),
)
async def get_receive_code(id: Id, session: TheSession, services: TheServices) -> ScannedCode:
    code = await services.receive_codes.scanned(id)
    return ScannedCode(code.id, code.name, code.amount, BY_NUMBER[code.currency].code)


OPERATIONS = grouped(
    "Receive codes",
    "What somebody shows to be sent money by another person; each is new, and good for minutes.",
    show_receive_code,
    get_receive_code,
)
