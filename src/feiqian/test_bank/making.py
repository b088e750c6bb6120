"""Makes a test bank's folder, and sees to it that its payers are as they should be whenever it starts."""

from __future__ import annotations

from pathlib import Path

from feiqian.accounts.kinds import wallet_id
from feiqian.demo.names import PASSWORD, PIN
from feiqian.demo.quick import open_for_first
from feiqian.demo.run import seed_if_empty
from feiqian.demo.seeding import Plan, SeededMerchant
from feiqian.folder import mark
from feiqian.ledger import chart
from feiqian.ledger.engine import Side
from feiqian.money import CNY, MinorUnits
from feiqian.payments.plan import payment_transfer
from feiqian.payments.requests import PaymentRequest
from feiqian.services import Services
from feiqian.settings import Settings
from feiqian.subjects import Role, Subject
from feiqian.test_bank.payers import BY_NAME, PAYERS
from feiqian.test_bank.state import State, write_state

KIND = "test bank"  # the folder's mark
OPENING, OPENING_AMOUNT = "OPENING", 500_00  # a payment, so that a first refund does not fail for want of money
PLAN = Plan(
    customers=len(PAYERS),
    merchants=1,
    sample_people=True,
    first=tuple(payer.first for payer in PAYERS),
    password=PASSWORD,
    pin=PIN,
)
OPERATOR = Subject(Role.STAFF, 0)


def make_if_empty(settings: Settings) -> None:
    """A new bank where there is nothing."""

    def finish(folder: Path, merchants: list[SeededMerchant]) -> None:
        mark(folder, KIND)
        write_state(folder, State(merchants[0].key))

    seed_if_empty(settings, PLAN, finish)


async def prepare(services: Services) -> None:
    """What a seed cannot say of the payers, and the shop's first money. Again it changes nothing."""
    await open_for_first(services, len(PAYERS))
    for payer in PAYERS:
        if payer.frozen and not services.accounts.frozen(payer.number):
            await services.freezing.freeze(payer.number, OPERATOR)
        if payer.unpaid:
            services.ledger.post(chart.freeze(wallet_id(CNY.number, payer.number), Side.CREDIT))
    await services.ledger.durable(services.ledger.position)
    [shop] = services.merchants.all()
    if services.ledger.engine.remembered(payment_transfer(shop.number, OPENING)) is not None:
        return
    await services.payments.pay(
        shop,
        PaymentRequest(
            payment_code=services.payments.code_for(BY_NAME["paid"].number).digits,
            amount=MinorUnits(OPENING_AMOUNT),
            currency=CNY.code,
            merchant_order=OPENING,
        ),
    )
