"""Plays one attack against a bank of its own: first at a sink (the control), then at the bank; measures both.

The bars: 99.9 % of the honest clients are served in the end, everybody who is told to come later is told when, and the
event loop's lag (99th percentile) is at most three times that of the control.
"""

from __future__ import annotations

import asyncio
import math
import os
import resource
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from prometheus_client.parser import text_string_to_metric_families

from feiqian.bench.bank import PLENTY
from feiqian.bench.policy import plenty
from feiqian.bench.sign_in import PASSWORD, PIN, Bank, Client, sign_in
from feiqian.demo.seeding import Plan
from feiqian.ids import CustomerNumber

from .attacks import ATTACKS, Target
from .honest import PATIENCE_SECONDS, Honest, Told
from .sink import sink
from .wire import ask

CUSTOMERS, SHOPS = 1_000, 4
SHARE, TIMES_THE_LAG = 0.999, 3
WARM_SECONDS = 3.0
LEAST_LAG_MS = 5.0  # below it, a lag is nobody's trouble, whatever the control's
LAG = "feiqian_loop_lag_seconds_bucket"
_COLUMNS = "{:18} {:>8} {:>9} {:>9} {:>9} {:>9} {:>10} {:>10} {:>8}"


class Phase(NamedTuple):
    """Honest clients beside an attack, or beside its control. `lag_ms` is the 99th percentile; None: not measured."""

    told: tuple[Told, ...]
    lag_ms: float | None
    sent: Counter[str]

    @property
    def share(self) -> float:
        asked = sum(one.asked for one in self.told)
        return sum(one.done for one in self.told) / asked if asked else 1.0


class Round(NamedTuple):
    """One attack. `audit` is empty if the books are clean afterwards."""

    name: str
    control: Phase
    attack: Phase
    audit: str


def play(name: str, seconds: float, rate: float) -> Round:
    """Both phases, each so long, on a bank of its own, which is audited and removed at the end."""
    with _town() as stage:
        control, attack = asyncio.run(_phases(name, stage, seconds, rate))
        return Round(name, control, attack, _audit(stage.bank))


def in_turn(names: Sequence[str], seconds: float, rate: float, patience: float) -> tuple[dict[str, Phase], str]:
    """One attack after the other on one bank, without controls; and what the audit finds ("" if it is clean)."""

    async def all_of_them(stage: _Stage) -> dict[str, Phase]:
        port = stage.bank.settings.port
        return {name: await _phase(name, stage, port, seconds, rate, patience) for name in names}

    with _town() as stage:
        return asyncio.run(all_of_them(stage)), _audit(stage.bank)


class _Stage(NamedTuple):
    """A bank with whom it takes: two customers' sessions, shops' keys, and others who will sign in."""

    bank: Bank
    token: str
    attackers_token: str
    attackers_key: str
    mobiles: Iterator[str]

    def target(self, port: int) -> Target:
        environment = {**os.environ, **self.bank.settings.environment()}
        if port != self.bank.settings.port:  # a second server of nothing is refused at once
            environment["FEIQIAN_DATA"] = str(Path(self.bank.folder) / "elsewhere")
        return Target(port, self.attackers_key, self.attackers_token, environment)


@contextmanager
def _town() -> Iterator[_Stage]:
    _open_many()
    plan = Plan(CUSTOMERS, SHOPS, balance=10**9, sample_people=True, password=PASSWORD, pin=PIN)
    plan = plan._replace(day_amount=PLENTY, unverified_per_day=10**6)
    with Bank(CUSTOMERS, SHOPS, plan=plan, policy=plenty()) as bank:
        client = Client(bank.settings.port)
        token, attackers = (sign_in(bank, client, number)[1] for number in map(CustomerNumber, (1, 2)))
        client.close()
        mobiles = (bank.mobile(CustomerNumber(number)) for number in range(3, CUSTOMERS))
        yield _Stage(bank, token, attackers, bank.merchants.pop().key, mobiles)


async def _phases(name: str, stage: _Stage, seconds: float, rate: float) -> tuple[Phase, Phase]:
    warm = Honest(stage.bank, stage.token, stage.mobiles, PASSWORD)
    await warm.run(min(seconds, WARM_SECONDS), rate)
    with sink() as port:
        control = await _phase(name, stage, port, seconds, rate)
    return control, await _phase(name, stage, stage.bank.settings.port, seconds, rate)


async def _phase(
    name: str, stage: _Stage, port: int, seconds: float, rate: float, patience: float = PATIENCE_SECONDS
) -> Phase:
    honest, target = Honest(stage.bank, stage.token, stage.mobiles, PASSWORD, patience), stage.target(port)
    before = await _lags(stage.bank.settings.metrics_port)
    attack = asyncio.ensure_future(ATTACKS[name](target))
    await honest.run(seconds, rate)
    after = await _lags(stage.bank.settings.metrics_port)
    attack.cancel()
    with suppress(asyncio.CancelledError):
        await attack
    return Phase(honest.all, percentile(before, after), target.sent)


async def _lags(port: int) -> dict[float, float]:
    """How often the server's event loop was at most so many seconds late, as it says itself."""
    answer = await ask(port, "GET", "/metrics")
    families = text_string_to_metric_families(answer.body.decode())
    samples = [sample for family in families for sample in family.samples if sample.name == LAG]
    return {float(sample.labels["le"]): sample.value for sample in samples}


def percentile(before: dict[float, float], after: dict[float, float]) -> float | None:
    """In milliseconds; within a bucket, whose ends are a quarter apart, as if it were filled evenly."""
    new = {binding: count - before.get(binding, 0.0) for binding, count in sorted(after.items())}
    wanted = 0.99 * max(new.values(), default=0.0)
    low, below = 0.0, 0.0
    for binding, count in new.items():
        if count >= wanted > 0:
            part = (wanted - below) / (count - below)
            return (low + (binding - low) * part if math.isfinite(binding) else low) * 1000
        low, below = binding, count
    return None


def _audit(bank: Bank) -> str:
    """What `feiqian audit` finds once the read model has caught up; the bank may be serving, or dead."""
    with suppress(OSError, SystemExit):
        bank.catch_up()
    environment = {**os.environ, **bank.settings.environment()}
    for command in ("project", "audit"):
        done = subprocess.run(
            [sys.executable, "-m", "feiqian", command], env=environment, capture_output=True, text=True, check=False
        )
    findings = [line for line in done.stdout.splitlines() if line.startswith("FINDING")]
    return "" if done.returncode == 0 else " ".join(findings) or done.stderr.strip()[-200:]


def verdict(one: Round) -> list[str]:
    """The bars that were missed, in words."""
    missed = []
    if one.attack.share < SHARE:
        failed = {told.name: dict(told.failed) for told in one.attack.told if told.failed}
        missed.append(f"{one.name}: {one.attack.share:.2%} of the honest requests were served ({failed})")
    if unsaid := sum(told.unsaid for told in one.attack.told):
        missed.append(f"{one.name}: {unsaid} answers said 'later' without saying when")
    control, lag = one.control.lag_ms, one.attack.lag_ms
    if lag is None:
        missed.append(f"{one.name}: the server could not say how late its event loop was")
    elif lag > max(LEAST_LAG_MS, TIMES_THE_LAG * (control or 0.0)):
        missed.append(f"{one.name}: the event loop was {lag:.1f} ms late, and {control or 0:.1f} ms in the control")
    if one.audit:
        missed.append(f"{one.name}: the audit is not clean: {one.audit}")
    return missed


def table(rounds: Sequence[Round], *, heading: bool = True) -> str:
    """A line for each attack: shares of honest requests served, lags, and how much the attack sent."""
    columns = "attack", "sent", "(control)", "honest", "served", "(control)", "lag p99", "(control)", "verdict"
    lines = [_COLUMNS.format(*columns)] if heading else []
    for one in rounds:
        honest = sum(told.asked for told in one.attack.told)
        lags = [f"{lag:.1f} ms" if lag is not None else "none" for lag in (one.attack.lag_ms, one.control.lag_ms)]
        shares = f"{one.attack.share:.2%}", f"{one.control.share:.2%}"
        said = "missed" if verdict(one) else "held"
        sent = one.attack.sent.total(), one.control.sent.total()
        lines.append(_COLUMNS.format(one.name, *sent, honest, *shares, *lags, said))
    return "\n".join(lines)


def _open_many() -> None:
    """As many open files as this process may have: an attack needs more than the usual thousand."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
