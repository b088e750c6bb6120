"""People who ask each other for money, and pay what they are asked for."""

from __future__ import annotations

from typing import Any

from feiqian.events import PersonTransferDecided
from feiqian.inbox.model import Notice
from feiqian.money import CNY, MinorUnits
from feiqian.requests.model import Bill, How, MoneyRequest, Split, Wish
from feiqian.requests.model import Person as Sharing
from feiqian.requests.paying import Paying
from tests.transfers.sending import Person, Sending


class AskingPeople(Sending):
    """See `Sending`."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.services.paying_requests.limits = self.services.limits  # which the bank of the tests makes anew

    def ask(self, asker: Person, person: str, amount: int = 100_00, number: str = "R1", **more: Any) -> MoneyRequest:
        wish = Wish(number, person, MinorUnits(amount), CNY.number, **more)
        return self.run(self.services.money_requests.ask(asker.number, wish))

    def begin_paying(self, payer: Person, id: str, source: str = "wallet") -> str:
        """A challenge that the payer has passed for it."""
        subject = payer.session.subject
        begun = self.services.paying_requests.begin(subject, Paying(id, source), "en", payer.session.device)
        return self.prove(self.run(begun), subject)

    def pay(self, payer: Person, id: str, challenge: str = "", source: str = "wallet") -> PersonTransferDecided:
        challenge = challenge or self.begin_paying(payer, id, source)
        return self.run(self.services.paying_requests.pay(payer.session.subject, Paying(id, source), challenge))

    def give(self, who: Person, amount: int) -> None:
        gift = self.services.accounts.adjust(who.number, CNY.number, MinorUnits(amount), f"gift-{self.ledger.position}")
        self.run(gift)

    def seen(self, who: Person, id: str) -> MoneyRequest:
        return self.run(self.services.money_requests.get(who.number, id))

    def split(self, owner: Person, total: int, people: list[tuple[str, int]], number: str = "S1", **more: Any) -> Split:
        sharing = tuple(Sharing(person, share) for person, share in people)
        values: dict[str, Any] = {"how": How.EQUAL} | more
        bill = Bill(number, MinorUnits(total), CNY.number, values.pop("how"), sharing, **values)
        return self.run(self.services.splits.make(owner.number, bill))

    def notices(self, who: Person) -> list[Notice]:
        return list(self.run(self.services.inbox.page(who.number)).items)

    def kinds(self, who: Person) -> list[str]:
        """The notices about requests, the newest first."""
        return [it.kind for it in self.notices(who) if it.kind.startswith("money_")]

    def sms(self, who: Person) -> list[str]:
        """What was sent about requests."""
        found = self.run(self.services.notify.inbox(200, who.session.subject))
        return [it.text for it in found if it.kind.startswith("money_")]
