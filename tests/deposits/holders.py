"""A bank of people with deposit accounts, whose read models are projected after each commit, in this process."""

from __future__ import annotations

from pathlib import Path

from people import People

from feiqian.accounts import opening
from feiqian.accounts.kinds import AccountKind
from feiqian.composition import add_activity, add_payments
from feiqian.deposits.model import DepositAccount
from feiqian.deposits.read_model import READ_MODEL as TRANSFERS
from feiqian.deposits.read_model.reads import TransferReads
from feiqian.deposits.transfers import OwnTransfers
from feiqian.events import Fact, decode_fact
from feiqian.ids import CustomerNumber
from feiqian.ledger import chart
from feiqian.ledger.audit import audit
from feiqian.ledger.body import decode_body
from feiqian.merchants.registry import Merchants
from feiqian.money import CNY, Currency
from feiqian.packets.read_model import READ_MODEL as PACKETS
from feiqian.packets.read_model.reads import PacketReads
from feiqian.payments.code_keys import KeyFile
from feiqian.payments.codes import Codes
from feiqian.payments.read_model import READ_MODEL as PAYMENTS
from feiqian.payments.read_model.reads import PaymentReads
from feiqian.projections.database import open_database
from feiqian.projections.projector import Projector
from feiqian.projections.read_model import ReadModel
from feiqian.projections.reconcile import reconcile_at
from feiqian.subjects import Role, Subject
from feiqian.testing.clock import ManualClock
from feiqian.transfers.read_model import READ_MODEL as PERSON_TRANSFERS
from feiqian.transfers.read_model.reads import PersonTransferReads

OPERATOR = Subject(Role.STAFF, 0)


class Holders(People):
    """See `People`; with payments and read models."""

    models: tuple[ReadModel, ...] = (PAYMENTS, TRANSFERS, PERSON_TRANSFERS, PACKETS)

    def __init__(self, folder: Path, clock: ManualClock | None = None, url: str = "") -> None:
        super().__init__(folder, clock, url)
        self.read_db, s = open_database(folder / "read.db"), self.services
        self.projectors = [Projector(self.journal, self.read_db, model) for model in self.models]
        self.project()
        self.ledger.subscribe(lambda _position, _facts: self.project())
        s.reads, s.own_transfers.reads = PaymentReads(folder / "read.db"), TransferReads(folder / "read.db")
        s.merchants = Merchants(self.db, "live")
        s.person_transfers.reads = PersonTransferReads(folder / "read.db")
        s.packets.reads = PacketReads(folder / "read.db")
        s.statements.payments = s.reads
        add_payments(s, Codes(KeyFile(folder / "code-keys.json", self.clock).open(), s.customers.issuing))
        add_activity(s)

    def project(self) -> None:
        for projector in self.projectors:
            projector.step()

    def close(self) -> None:
        self.services.reads.close()
        self.services.own_transfers.reads.close()
        self.services.person_transfers.reads.close()
        self.services.packets.reads.close()
        self.services.merchants.close()
        self.read_db.close()
        super().close()

    @property
    def transfers(self) -> OwnTransfers:
        return self.services.own_transfers

    def holder(self, balance: int = 0) -> CustomerNumber:
        """Mei, with a wallet."""
        mei = self.checked().session.subject.customer
        if balance:
            self.fund(mei, balance)
        return mei

    def account(self, customer: CustomerNumber, balance: int = 0, currency: Currency = CNY) -> DepositAccount:
        """A new account of the customer's, with money on it."""
        deposits = self.services.deposits
        id = self.run(deposits.open(customer, currency.number, "current", OPERATOR))
        account = self.do(deposits.get, id)
        if balance:
            self.bring(account.ledger_id, balance, currency)
        return account

    def bring(self, account: bytes, amount: int, currency: Currency = CNY) -> None:
        """Cash that somebody pays in."""
        self.ledger.post(opening.bank_accounts(currency.number))
        cash = chart.account_id(AccountKind.BANK_CASH, currency.number, chart.BANK)
        id = chart.derived_id(b"test", account, self.clock.now().to_bytes(8, "big"))
        assert self.ledger.post(chart.transfer(id, debit=cash, credit=account, amount=amount)).refusal == 0
        self.ledger.commit()

    def held(self, account: bytes) -> int:
        found = self.ledger.engine.account(account)
        assert found is not None
        return found.balance

    def facts(self) -> list[Fact]:
        """Every fact in the journal."""
        return [decode_fact(fact) for row in self.journal.rows(0) for fact in decode_body(row.body).facts]

    def findings(self) -> list[str]:
        """What an audit finds: every statement and every own transfer against the ledger, to the cent."""
        self.ledger.commit()
        self.project()
        tie = reconcile_at(self.folder / "read.db", self.models)
        return audit(self.journal, engines="native", tie=tie).findings
