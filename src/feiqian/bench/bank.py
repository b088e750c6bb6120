"""A real server for benchmarks: seeded, in a folder and a process of its own, with its projector and checkpointer."""

from __future__ import annotations

import json
import os
import random
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, Self

from feiqian.demo.seeding import Plan, SeededMerchant, seed
from feiqian.payments.code_keys import VERSIONS, KeyFile, KeyRing
from feiqian.payments.permutation import SECRET_BYTES
from feiqian.payments.read_model import READ_MODEL
from feiqian.projections.database import DATABASE_ERRORS, open_database
from feiqian.projections.schema import read_position
from feiqian.settings import Settings
from feiqian.web.server.listen import bind, port_of

from .codes import fresh_codes
from .policy import plenty as plenty_of_policy
from .processor import children, processor_seconds

READY_SECONDS, CATCH_UP_SECONDS = 120, 600
CHILDREN = {"project": "projector", "checkpoint": "checkpointer", "feiqian.workers.child": "picture workers"}
PLENTY = 10**12  # a balance or limit that no benchmark uses up


class BenchBank:
    """Use it as a context manager: the server is stopped and the folder removed at the end."""

    def __init__(
        self, customers: int, merchants: int, *, plan: Plan | None = None, policy: str = "", **settings: Any
    ) -> None:
        """`plan` seeds otherwise than usual; `policy` is the text of a policy file of its own."""
        self.folder = Path(tempfile.mkdtemp(prefix="feiqian-bench-"))
        settings["policy"] = str(self.folder / "policy.toml")
        Path(settings["policy"]).write_text(policy or plenty_of_policy(), encoding="utf-8")
        self._held = [*bind("127.0.0.1", 0), *bind("127.0.0.1", 0)]  # until the end: nobody else is given these ports
        port, metrics_port = map(port_of, self._held)
        self.settings = Settings(
            data=str(self.folder), port=port, metrics_port=metrics_port, log_level="warning", **settings
        )
        self.customers = customers
        plenty = Plan(customers, merchants, balance=10**9, day_amount=PLENTY, unverified_per_day=PLENTY)
        try:
            self.merchants = self._seed(plan or plenty)
        except BaseException:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise
        self.log = (self.folder / "server.log").open("w+")
        self._orders = 0

    def __enter__(self) -> Self:
        environment = {**os.environ, **self.settings.environment()}
        command = [sys.executable, "-m", "feiqian", "serve"]
        self.process = subprocess.Popen(command, env=environment, stdout=self.log, stderr=self.log)
        try:
            self._wait_until_ready()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()
        for held in self._held:
            held.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.settings.port}"

    def _seed(self, plan: Plan) -> list[SeededMerchant]:
        keys = {version: secrets.token_bytes(SECRET_BYTES) for version in range(VERSIONS)}
        KeyFile(self.settings.code_keys).save(KeyRing(0, keys))
        self._codes = fresh_codes(self.customers, keys)
        return seed(self.settings, plan)

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                self.log.seek(0)
                raise SystemExit(f"feiqian bench: the server ended at once:\n{self.log.read()}")
            try:
                self.health()
                self.catch_up()
                return
            except OSError:
                time.sleep(0.05)
        raise SystemExit("feiqian bench: the server was not ready in time")

    # --- asking ------------------------------------------------------------------------------------------------

    def health(self) -> dict[str, Any]:
        with urllib.request.urlopen(f"{self.url}/healthz", timeout=5) as answer:
            return dict(json.load(answer))

    def behind(self) -> int:
        """How many journal rows the read model lacks."""
        try:
            db = open_database(self.settings.read_location, read_only=True)
        except DATABASE_ERRORS:
            return 1  # not made yet
        try:
            return int(self.health()["position"]) - read_position(db, READ_MODEL.name)
        except DATABASE_ERRORS:
            return 1
        finally:
            db.close()

    def catch_up(self) -> float:
        """Waits until the read model has everything. Returns the seconds that it took."""
        began = time.monotonic()
        while self.behind() > 0:
            if time.monotonic() - began > CATCH_UP_SECONDS:
                raise SystemExit("feiqian bench: the projector does not catch up")
            time.sleep(0.02)
        return time.monotonic() - began

    def statuses(self) -> dict[str, int]:
        """How many payments of each status the read model has."""
        return self.counted("SELECT status, count(*) FROM payments GROUP BY status")

    def counted(self, statement: str) -> dict[str, int]:
        """Rows of the read model, each a name and a number."""
        db = open_database(self.settings.read_location, read_only=True)
        try:
            return dict(db.all(statement))
        finally:
            db.close()

    # --- payments ----------------------------------------------------------------------------------------------

    def payments(self, count: int, *, one_merchant: bool = False) -> Iterator[tuple[str, str]]:
        """So many fresh requests, as (API key, JSON body), each with its own code and order. Use them within 20 s."""
        now, chance = int(time.time()), random.Random(self._orders)
        for code in islice(self._codes, count):
            merchant = self.merchants[0 if one_merchant else chance.randrange(len(self.merchants))]
            self._orders += 1
            body = (
                f'{{"payment_code":"{code}","amount":{chance.randrange(100, 20000)},'
                f'"currency":"CNY","merchant_order":"{now}-{self._orders}","store":"main","terminal":"till 1"}}'
            )
            yield merchant.key, body

    def processor_seconds(self) -> dict[str, float]:
        """What the server and its children have used of the processors."""
        used = {"server": processor_seconds(self.process.pid)}
        for child in children(self.process.pid):
            _, _, module, command, *_ = Path(f"/proc/{child}/cmdline").read_bytes().split(b"\0")
            name = (command if module == b"feiqian" else module).decode()  # other workers are a module
            name = CHILDREN.get(name, name)
            used[name] = used.get(name, 0.0) + processor_seconds(child)
        return used
