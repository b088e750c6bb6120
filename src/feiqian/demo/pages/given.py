"""What the demo's handlers are given beside the site: its people and shops, the till's cashier, doors and shoppers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException

from feiqian.customers.registry import Customer
from feiqian.demo.bills import SampleBills
from feiqian.demo.cashier import Cashier
from feiqian.demo.doors import Doors
from feiqian.demo.people import People, Shop, Shops
from feiqian.demo.pulse import MachineRoom
from feiqian.demo.shop import ExampleShop
from feiqian.demo.staff import DemoMerchant, DemoStaff
from feiqian.demo.traffic import TrafficSwitch

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Demo:
    """Of one bank."""

    people: People
    shops: Shops
    cashier: Cashier
    machine_room: MachineRoom
    doors: Doors
    staff: DemoStaff
    merchant: DemoMerchant
    traffic: TrafficSwitch
    bills: SampleBills
    example_shop: ExampleShop

    async def person(self, id: str) -> Customer:
        """Raises NotFoundException."""
        return _found(await self.people.by_id(id))

    def shop(self, id: str) -> Shop:
        """Raises NotFoundException."""
        return _found(self.shops.by_id(id))


TheDemo = NamedDependency[Demo]  # as handlers are given it


def _found(thing: T | None) -> T:
    if thing is None:
        raise NotFoundException
    return thing
