"""The example shop as a guest of the demo: a process of its own that knows the bank by its API, a key and webhooks.

It is started when somebody opens its door, and ended with the demo. An installed bank has no examples, so it has no
such door: what the shop is, and the library that it uses, stand beside the sources.
"""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

from feiqian.merchants.registry import Merchant
from feiqian.money import CNY
from feiqian.runtime import logs
from feiqian.runtime.supervise import end
from feiqian.services import Services

ROOT = Path(__file__).resolve().parents[3]
PROGRAM, LIBRARY = ROOT / "examples" / "shop" / "shop.py", ROOT / "clients" / "python" / "src"
LOOPBACK = ("127.0.0.1", "localhost", "::1")
NAME = "River Tea House"  # how the merchant's name begins whose shop it is
BESIDE = 10  # its port is so many above the bank's, if that is free
STARTING_SECONDS, LOOK_SECONDS = 20.0, 0.05

_log = logs.get("feiqian.demo")


class ShopNotRunning(Exception):
    """The shop could not be started, or ended; its log says why."""


class ExampleShop:
    """`port` is the bank's. The shop's key is made when it is started, and revoked when the demo ends."""

    def __init__(self, services: Services, port: Callable[[], int]) -> None:
        self._services, self._bank_port = services, port
        self._folder = Path(services.settings.data) / "shop"
        self._process: asyncio.subprocess.Process | None = None
        self._made: list[tuple[Merchant, str]] = []
        self._lock, self._port, self._closed = asyncio.Lock(), 0, False

    @property
    def possible(self) -> bool:
        """Whether its files and packages are here, and whoever sees the demo sits at this computer, as the shop's
        address is of this computer."""
        here = self._services.settings.host in LOOPBACK and PROGRAM.is_file() and LIBRARY.is_dir()
        return here and find_spec("httpx") is not None and self._merchant() is not None

    @property
    def log(self) -> Path:
        """Where it writes what it has to say."""
        return self._folder / "shop.log"

    @property
    def address(self) -> str:
        return f"http://localhost:{self._port}"

    async def open(self) -> str:
        """Its address, at which it answers. Raises ShopNotRunning."""
        async with self._lock:
            if self._closed:
                raise ShopNotRunning
            if self._process is None or self._process.returncode is not None:
                await self._start()
        return self.address

    async def close(self) -> None:
        async with self._lock:
            self._closed = True
            if self._process is not None:
                await end(self._process)
            merchants, now = self._services.merchants, self._services.clock.now()
            for merchant, key in self._made:
                await self._services.work.db(merchants.revoke_key, merchant.number, key, now)
            self._made.clear()

    def _merchant(self) -> Merchant | None:
        """The first of its name that is paid in yuan, else the first that is."""
        paid_so = [one for one in self._services.merchants.all() if one.currency == CNY.number and one.accepting]
        return next((one for one in paid_so if one.name.startswith(NAME)), paid_so[0] if paid_so else None)

    async def _start(self) -> None:
        if not self.possible:
            raise ShopNotRunning
        self._folder.mkdir(mode=0o700, exist_ok=True)
        key = await self._services.work.db(self._key)
        self._port = _free_port(self._port or self._bank_port() + BESIDE)
        # The key by the environment: arguments can be seen by others.
        bank = f"http://127.0.0.1:{self._bank_port()}"
        environment = {
            "FEIQIAN_SERVER": bank,
            "FEIQIAN_KEY": key,
            "FEIQIAN_PAGES": self._services.settings.public_origin,
            "SHOP_ADDRESS": self.address,
            "PYTHONPATH": os.pathsep.join((str(LIBRARY), str(ROOT / "src"))),
        }
        arguments = [str(PROGRAM), "--port", str(self._port), "--data", str(self._folder / "shop.db")]
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "feiqian.demo.with_parent",
                *arguments,
                env={**os.environ, **environment},
                stdin=asyncio.subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        await self._answers(self._process)
        _log.info("shop_started", address=self.address, log=str(self.log))

    def _key(self) -> str:
        """The one that was made for it, or a new one."""
        merchant = self._merchant()
        if self._made or merchant is None:
            return self._made[0][1]
        key = self._services.merchants.create_key(
            merchant.number, self._services.settings.mode, self._services.clock.now()
        )
        self._made.append((merchant, key))
        return key

    async def _answers(self, process: asyncio.subprocess.Process) -> None:
        """Waits until it takes connections."""
        with suppress(TimeoutError):
            async with asyncio.timeout(STARTING_SECONDS):
                while process.returncode is None:
                    with suppress(OSError):
                        _, writer = await asyncio.open_connection("127.0.0.1", self._port)
                        writer.close()
                        return
                    await asyncio.sleep(LOOK_SECONDS)
        _log.error("shop_did_not_start", log=str(self.log), exit_code=process.returncode)
        await end(process)
        raise ShopNotRunning


def _free_port(wanted: int) -> int:
    """This one, or any other that is free on loopback."""
    for port in (wanted, 0):
        with suppress(OSError, OverflowError), socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            return int(probe.getsockname()[1])
    raise ShopNotRunning
