"""A bank of people who give each other red packets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from feiqian.events import PacketMade
from feiqian.ledger import chart
from feiqian.ledger.engine import Side
from feiqian.money import CNY, MinorUnits
from feiqian.packets.filling import Filler
from feiqian.packets.kinds import bank_account
from feiqian.packets.model import Asked, Mode
from feiqian.packets.read_model.reads import Shown
from feiqian.packets.service import Packets
from feiqian.testing.clock import ManualClock
from tests.transfers.sending import Person, Sending

__all__ = ["Giving", "Person"]


class Giving(Sending):
    """See `Sending`."""

    def __init__(self, folder: Path, clock: ManualClock | None = None, url: str = "") -> None:
        super().__init__(folder, clock, url)
        s = self.services
        s.packets.limits = s.limits  # which the bank of the tests makes anew
        s.packets.filler = Filler(ledger=self.ledger, limits=s.limits, payees=s.payees, rules=s.packets.rules)

    @property
    def packets(self) -> Packets:
        return self.services.packets

    def wanted(self, amount: int, shares: int = 1, number: str = "P1", **more: Any) -> Asked:
        given = {"number": number, "amount": MinorUnits(amount), "currency": "CNY", "shares": shares}
        return Asked(**(given | {"mode": Mode.FIXED} | more))

    def prove_packet(self, sender: Person, asked: Asked) -> str:
        """A challenge that the sender has passed for it."""
        view = self.run(self.packets.begin(sender.session.subject, asked, "en", sender.session.device))
        return self.prove(view, sender.session.subject)

    def make(self, sender: Person, asked: Asked, challenge: str = "") -> PacketMade:
        challenge = challenge or self.prove_packet(sender, asked)
        return self.run(self.packets.make(sender.session.subject, asked, challenge))

    def group(self, sender: Person, amount: int, shares: int, number: str = "P1", **more: Any) -> PacketMade:
        return self.make(sender, self.wanted(amount, shares, number, **more))

    def single(self, sender: Person, to: Person, amount: int, number: str = "P1", **more: Any) -> PacketMade:
        check = self.look_up(sender, to.mobile, to.name)
        return self.make(sender, self.wanted(amount, 1, number, check=check.id, **more))

    def take(self, taker: Person, packet: PacketMade) -> Shown:
        """With its link."""
        return self.run(self.packets.take(taker.number, packet.id, self.packets.links.signature(packet.id)))

    def seen(self, person: Person, packet: PacketMade) -> Shown:
        return self.run(self.packets.get(person.number, packet.id))

    def return_due(self) -> int:
        return self.run(self.services.packets_returning.return_due())

    def inside(self) -> int:
        """What is in all packets, by the bank's account."""
        found = self.ledger.engine.account(bank_account(CNY.number))
        return 0 if found is None else found.balance

    def stop_credits(self, account: bytes, *, on: bool = True) -> None:
        change = chart.freeze if on else chart.unfreeze
        assert self.ledger.post(change(account, Side.CREDIT)).refusal in (0, 1)
        self.ledger.commit()
