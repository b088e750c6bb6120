"""What the bank's own systems do with deposit accounts: they open one. Whole numbers are not told here."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from litestar.params import JSONBody

from feiqian.backoffice.model import OPERATOR
from feiqian.deposits.errors import AccountInvalid
from feiqian.money import BY_CODE, BY_NUMBER
from feiqian.strings.patterns import matching
from feiqian.web.v1 import problems
from feiqian.web.v1.operations import TheServices, for_the_bank, post


class BankAccountWanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An account of one customer (`cus_…`). Under one `reference` of yours, one account is opened."""

    reference: Annotated[str, matching("[A-Za-z0-9._:-]{1,60}", examples=["branch-12-000345"])]
    customer: Annotated[str, matching("cus_[0-9a-f]{32}", examples=["cus_01a21ac8d8a073fb8e8d69f236941c11"])]
    currency: Annotated[str, matching("[A-Z]{3}", examples=["CNY"])]
    product: Literal["current", "savings"]
    holder: Literal["sole", "joint", "corporate"] = "sole"


class BankAccountShown(msgspec.Struct, frozen=True):
    """The account; its `number` is masked."""

    id: str
    reference: str
    customer: str
    number: str
    currency: str
    product: str
    state: Literal["opening", "open", "frozen", "dormant", "closed"]


@post(
    "/v1/bank/accounts",
    "openBankAccount",
    "Open a customer's account",
    who="bank",
    description="The same request again is answered with the same account. Joint accounts and accounts of companies"
    " cannot be opened yet.",
    problems=(problems.CONFLICT,),
)
async def open_account(data: JSONBody[BankAccountWanted], services: TheServices) -> BankAccountShown:
    if data.holder != "sole":
        raise AccountInvalid(data.holder)
    if data.currency not in BY_CODE:
        raise AccountInvalid("currency")
    holder = await services.transactions.read(services.customers.by_id, data.customer)
    if holder is None:
        raise AccountInvalid("customer")
    currency, reference = BY_CODE[data.currency].number, f"bank/{data.reference}"
    id = await services.deposits.open(holder.number, currency, data.product, OPERATOR, reference)
    account = await services.transactions.read(services.deposits.get, id)
    code = BY_NUMBER[account.currency].code
    return BankAccountShown(
        account.id, data.reference, data.customer, account.masked, code, data.product, account.state.value
    )


OPERATIONS = for_the_bank(open_account)
