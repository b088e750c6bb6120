"""A receipt in words: as it is printed, and as a supporter reads it in a case. In the customer's language."""

from __future__ import annotations

from dataclasses import dataclass

from feiqian.activity.model import Movement, Receipt
from feiqian.activity.reports import Problem
from feiqian.deposits.model import WALLET, DepositAccount
from feiqian.ids import CustomerNumber
from feiqian.services import Services
from feiqian.strings.visible import shown
from feiqian.texts import Texts
from feiqian.web.formats import Formats
from feiqian.web.symbols import qr_picture

from .activity import Names

TEMPLATE = "activity/templates/receipt.typ"


@dataclass(frozen=True, slots=True)
class Paper:
    """The words that a receipt is written with. `code` by which others find it, as it is shown."""

    texts: Texts
    formats: Formats
    names: Names
    code: str = ""

    def account(self, account: DepositAccount | None) -> str:
        if account is None:
            return self.texts("accounts.wallet")
        return f"{account.alias or self.texts(f'account.product.{account.product}')} {account.masked}"

    def other(self, it: Movement) -> str:
        """Whoever is on the other side; the bank, where it is nobody."""
        if it.described.account == WALLET:
            return self.texts("accounts.wallet")
        return it.described.who or self.texts("activity.the_bank")

    def amount(self, it: Movement) -> str:
        return f"{it.sign}{self.formats.amount(it.money)}"

    def parties(self, it: Movement) -> list[tuple[str, str]]:
        """From whom to whom."""
        own, other = self.account(self.names.of(it)), self.other(it)
        payer, payee = (other, own) if it.amount > 0 else (own, other)
        return [(self.texts("activity.from"), payer), (self.texts("activity.to"), payee)]

    def facts(self, receipt: Receipt) -> list[tuple[str, str]]:
        texts, (it, details) = self.texts, receipt
        found = [
            (texts("activity.at"), self.formats.zoned(it.at)),
            *self.parties(it),
            (texts("activity.status"), texts(f"activity.status.{it.described.status}")),
        ]
        if it.described.note:
            found.append((texts("activity.said"), it.described.note))
        if details.fee is not None:
            found.append((texts("activity.fee"), self.formats.amount(details.fee)))
        if details.back is not None:
            found.append((texts("activity.returned"), self.formats.amount(details.back)))
        found += [(texts(key), value) for key, value in details.references]
        return [*found, (texts("activity.movement"), it.id)]


async def print_receipt(services: Services, customer: CustomerNumber, receipt: Receipt, paper: Paper) -> bytes:
    """The receipt as PDF. Raises NotPrinted, TooBusy."""
    texts, it, now = paper.texts, receipt.movement, services.clock.now()
    address = f"{services.settings.public_origin}/receipts"
    holder = (await services.work.db(services.customers.names, [customer])).get(customer, "")
    values = {
        "title": texts("activity.receipt"),
        "language": texts.language,
        "brand": texts("brand"),
        "foot": texts("activity.receipt.foot", at=paper.formats.zoned(now)),
        "what": texts(it.described.text),
        "amount": paper.amount(it),
        "facts": [[name, shown(value)] for name, value in [(texts("activity.holder"), holder), *paper.facts(receipt)]],
        "heading": texts("activity.steps"),
        "steps": [[paper.formats.zoned(step.at), texts(step.text)] for step in receipt.details.steps],
        "check": texts("activity.receipt.check", address=address),
        "code": paper.code,
        "address": f"{address}/{paper.code}",
        "square": qr_picture(f"{address}/{paper.code}"),
    }
    return await services.press.pdf(TEMPLATE, values, now, f"customer {customer}")


def told_to_staff(receipt: Receipt, problem: Problem, paper: Paper) -> str:
    """What is known of a movement that its customer reports, in lines."""
    texts, it = paper.texts, receipt.movement
    lines = [(texts("activity.problem"), texts(f"activity.problem.{problem}"))]
    lines += [(texts(it.described.text), paper.amount(it)), *paper.facts(receipt)]
    return "\n".join(f"{name}: {shown(value)}" for name, value in lines)
