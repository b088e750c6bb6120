"""Starts a test bank: makes one in an empty folder, serves it on this machine alone, says what developers need."""

from __future__ import annotations

import asyncio
import ipaddress
from pathlib import Path
from typing import Any

import msgspec

from feiqian.app import Bank, build, run_until_closed
from feiqian.clock import SteadyClock, SystemClock
from feiqian.demo.names import PIN
from feiqian.demo.run import PUSH_CONTACT, DemoService, check_port
from feiqian.runtime import logs
from feiqian.serving import Application
from feiqian.settings import Settings
from feiqian.test_bank.api import TestBank, application
from feiqian.test_bank.clock import ForwardClock
from feiqian.test_bank.faults import SLOW_SECONDS, Faults
from feiqian.test_bank.forwarding import Forwarding
from feiqian.test_bank.making import KIND, make_if_empty, prepare
from feiqian.test_bank.payers import PAYERS
from feiqian.test_bank.paying import Codes, Paying, Phones
from feiqian.test_bank.state import STATE, BankRefused, State, data_of, read_state, write_state
from feiqian.web.v1.answers import Message, Receive, Send

PATHS = "/test/"


class TestBankService(DemoService):
    """A demo whose clock moves on, whose shop has a key and whose payers are those of `payers`."""

    payers = len(PAYERS)

    def __init__(self, bank: Bank, clock: ForwardClock, *, slow_seconds: float = SLOW_SECONDS) -> None:  # not money
        self._folder, self._slow_seconds = Path(bank.services.settings.data), slow_seconds
        self._phones = Phones(bank.services, PIN)
        forwarding = Forwarding(bank, clock, self._keep)
        self.test_bank = TestBank(forwarding, Paying(bank.services, Codes(bank.services, bank.keys), forwarding))
        super().__init__(bank)

    def served(self, app: Application) -> tuple[Any, tuple[()]]:
        own = application(self.bank.services, self.test_bank, app.api.callers.around)
        return Faults(Served(app, own), self._slow_seconds), ()

    async def run(self) -> int:
        await prepare(self.bank.services)
        phones = asyncio.get_running_loop().create_task(self._phones.run())
        try:
            return await super().run()
        finally:
            phones.cancel()

    def greeting(self) -> str:
        url = f"http://localhost:{self.server.port}"
        state = msgspec.structs.replace(read_state(self._folder), url=url)
        write_state(self._folder, state)
        return greeting(state, self._folder)

    def _keep(self, ahead: int) -> None:
        write_state(self._folder, msgspec.structs.replace(read_state(self._folder), ahead=ahead))


class Served:
    """What is a test bank's own at PATHS, and the bank everywhere else."""

    def __init__(self, app: Any, own: Any) -> None:
        self._app, self._own = app, own

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        await (self._own if scope["path"].startswith(PATHS) else self._app)(scope, receive, send)


def settings_of(settings: Settings) -> Settings:
    """As a test bank is served. Raises BankRefused for what only a bank that is served may have."""
    if settings.mode == "live":
        raise BankRefused("a test bank takes no live keys: it runs in test mode only")
    if settings.journal_url or settings.bank_url or settings.read_url:
        raise BankRefused("a test bank keeps all in its folder: leave out journal_url, bank_url and read_url")
    if settings.sms_url or settings.email_url:
        raise BankRefused("a test bank sends no messages: leave out sms_url and email_url")
    if not _is_loopback(settings.host):
        raise BankRefused("a test bank listens on this machine alone: leave out the host")
    contact, data = settings.push_contact or PUSH_CONTACT, str(data_of(settings))
    return msgspec.structs.replace(settings, data=data, webhook_loopback=True, hashing="light", push_contact=contact)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def open_bank(settings: Settings, *, listen: bool = False) -> tuple[Bank, ForwardClock]:
    """The test bank in the settings' folder, made where that is empty; and its clock. Raises StartRefused for any other
    bank's folder."""
    make_if_empty(settings)
    machine = SteadyClock(SystemClock(settings.zone), settings.clock_jump_seconds)
    folder = Path(settings.data)
    ahead = read_state(folder).ahead if (folder / STATE).exists() else 0
    clock = ForwardClock(machine, ahead)
    bank = build(settings, listen=listen, accept_time=True, clock=clock, kind=KIND)
    bank.services.webhooks.sender.receivers_clock = machine
    return bank, clock


def run(settings: Settings) -> int:
    """Blocks until it is interrupted. Returns the exit code. Raises FeiqianError if it cannot start."""
    settings = settings_of(settings)
    if settings.log_level == "info":
        settings = msgspec.structs.replace(settings, log_level="warning")
        logs.configure("warning", settings.log_format)
    settings = msgspec.structs.replace(settings, port=check_port(settings.host, settings.port))
    bank, clock = open_bank(settings, listen=True)

    async def serve() -> int:
        return await TestBankService(bank, clock).run()

    return run_until_closed(bank, serve)


def greeting(state: State, folder: Path) -> str:
    """What a developer needs."""
    return f"""
  The test bank is running: {state.url}   (play money; nothing leaves this machine)

  key        export FEIQIAN_KEY={state.key}
  payers     feiqian test-bank payers
  pay        feiqian test-bank pay ord_… --payer poor
  time       feiqian test-bank forward 2h
  webhooks   python -m feiqian_client listen --url {state.url} --forward http://localhost:3000/webhooks
  messages   {state.url}/messages

  API: {state.url}/v1/docs   Data: {folder}/ (throw it away whenever you like)   Stop: Ctrl-C
"""
