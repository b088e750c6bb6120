"""Starts the demo: seeds an empty data folder, builds the bank with its pages, says where to look, stops cleanly."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import msgspec

from feiqian.app import Bank, Service, build, run_until_closed
from feiqian.customers.seeded import seeded_numbers
from feiqian.demo.seeding import Plan, SeededMerchant, seed
from feiqian.errors import FeiqianError
from feiqian.runtime import logs
from feiqian.services import Services
from feiqian.settings import Settings
from feiqian.web.application import Pages, guest_pages

from .bills import SampleBills
from .cashier import Cashier
from .doors import Doors
from .names import PASSWORD, PIN, WELCOMED
from .pages import SLOTS, routes
from .pages.given import Demo
from .people import People, Shops
from .pulse import MachineRoom
from .quick import PAYERS, open_for_first
from .shop import ExampleShop
from .staff import DemoMerchant, DemoStaff
from .traffic import TrafficSwitch

PUSH_CONTACT = "mailto:demo@feiqian.example"  # push services want one; nobody reads what is sent there
UNVERIFIED_PER_DAY = 1_000  # shoppers shop all day
SAMPLE = Plan(unverified_per_day=UNVERIFIED_PER_DAY, sample_people=True, first=WELCOMED, password=PASSWORD, pin=PIN)


class DemoRefused(FeiqianError):
    """The demo cannot run as it was asked to. Says why."""


class DemoService(Service):
    """A served bank whose live pages end at once when it stops, so that nothing waits for a browser."""

    payers = PAYERS  # the first customers, for whose accounts quick payment is open

    def __init__(self, bank: Bank) -> None:
        self.traffic = TrafficSwitch(bank.services, lambda: self.server.port)
        invented = seeded_numbers(bank.services.db) or range(1, SAMPLE.customers + 1)  # a seed of an older version
        self.shop = ExampleShop(bank.services, lambda: self.server.port)
        self.doors = Doors(bank.services, invented[-1])
        self.staff = DemoStaff(bank.services)
        self.merchant = DemoMerchant(bank.services)
        self.pages = demo_pages(bank.services, self.doors, self.staff, self.merchant, self.traffic, self.shop)
        super().__init__(bank, self.pages)
        self._closing: asyncio.Task[None] | None = None

    def stop(self) -> None:
        self.pages.close()
        self._closing = asyncio.get_running_loop().create_task(self._close())
        super().stop()

    async def _close(self) -> None:
        await asyncio.gather(self.traffic.close(), self.shop.close())

    async def run(self) -> int:
        await self.staff.enrol()
        await self.merchant.enrol()
        await open_for_first(self.bank.services, self.payers)
        loop = asyncio.get_running_loop()
        tasks = [loop.create_task(self._greet()), loop.create_task(self.doors.give())]
        try:
            return await super().run()
        finally:
            for task in tasks:
                task.cancel()
            if self._closing is not None:
                await self._closing

    async def _greet(self) -> None:
        while not self.server.started or not self.bank.services.reads.position:
            await asyncio.sleep(0.02)  # the pages' lists come from the projector, which is starting, too
        print(self.greeting(), flush=True)

    def greeting(self) -> str:
        """What is printed once it serves."""
        return greeting(self.bank.services.settings.public_origin, self.shop.log if self.shop.possible else None)


def run(settings: Settings) -> int:
    """Blocks until it is interrupted. Returns the exit code. Raises FeiqianError if it cannot start."""
    if settings.mode == "live":
        raise DemoRefused("the demo has no doors to lock: it runs in test mode only")
    if settings.log_level == "info":
        settings = msgspec.structs.replace(settings, log_level="warning")  # what one reads here is where to look
        logs.configure("warning", settings.log_format)
    # Known before anything is built: passkeys are bound to the origin, which has the port in it.
    contact = settings.push_contact or PUSH_CONTACT
    port = check_port(settings.host, settings.port)
    settings = msgspec.structs.replace(settings, port=port, push_contact=contact, webhook_loopback=True)
    seed_if_empty(settings)
    bank = build(settings, listen=True, accept_time=True)  # play money may lie about for months
    code = run_until_closed(bank, lambda: _serve(bank))
    print("\nThe bank is closed; everything is kept for the next time.", file=sys.stderr)
    return code


def seed_if_empty(
    settings: Settings,
    plan: Plan = SAMPLE,
    finish: Callable[[Path, list[SeededMerchant]], object] = lambda folder, merchants: None,
) -> None:
    """Seeds beside the data folder and moves the whole into its place, so that no half-made bank is ever opened.
    `finish` adds to it before.

    A folder with anything in it is left alone: if its journal is gone, the start says so.
    """
    folder = Path(settings.data)
    if settings.journal_url or (folder.exists() and any(folder.iterdir())):
        return
    print(
        f"making a bank with {plan.customers:,} customers and {plan.merchants} merchants in {settings.data}/ …",
        flush=True,
    )
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".seed-", dir=folder.parent) as beside:
        made = Path(beside) / "bank"
        finish(made, seed(msgspec.structs.replace(settings, data=str(made)), plan))
        try:
            made.replace(folder)
        except OSError as error:
            raise DemoRefused(f"another process has put something into {folder} meanwhile: {error.strerror}") from error


def demo_pages(
    services: Services,
    doors: Doors,
    staff: DemoStaff,
    merchant: DemoMerchant,
    traffic: TrafficSwitch,
    shop: ExampleShop,
) -> Pages:
    """The bank's pages and the demo's: a till, the machine room, phones to look at."""
    bills = SampleBills(services.merchants, services.clock, services.settings.zone)
    people, shops, cashier = People(services), Shops(services), Cashier(services)
    demo = Demo(people, shops, cashier, MachineRoom(services), doors, staff, merchant, traffic, bills, shop)
    return guest_pages(services, routes(demo), SLOTS)


async def _serve(bank: Bank) -> int:
    return await DemoService(bank).run()


def check_port(host: str, port: int) -> int:
    """The port, or a free one for 0. Raises DemoRefused if somebody listens there already."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with contextlib.closing(socket.socket(family, socket.SOCK_STREAM)) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            return int(probe.getsockname()[1])
        except OSError as error:
            raise DemoRefused(
                f"cannot listen on {host}:{port} ({error.strerror}); is a demo running already?"
                " Another port: feiqian demo --port 9000 (or make run ARGS='--port 9000')"
            ) from error


def greeting(base: str, shop_log: Path | None = None) -> str:
    """What to open, and what to do there; `shop_log` is told where there is a shop."""
    a_shop = f"\n    6  a shop on the web that is paid here: {base}/shop  (its log: {shop_log})" if shop_log else ""
    return f"""
  Feiqian is running. Open  {base}/

    1  open the phone (a customer's wallet) and the till (a merchant) beside each other
    2  at the till key in an amount, then press "Scan the phone beside me", or point the camera at the phone
    3  watch the phone: it is paid before you look
    4  the bank, live: {base}/bank  (turn on the shoppers there)
    5  a merchant's own pages (orders, API keys, webhooks): "For merchants" at {base}/{a_shop}

  API: {base}/v1/docs   Stop: Ctrl-C
"""
