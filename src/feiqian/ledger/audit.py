"""The audit: reads the whole journal again, in both engines, and says whether everything ties.

It only reads. A clean report means: no row was changed or lost, both engines come to the same state, the books
balance, and every checkpoint (and whatever else was handed in to be tied) is what the journal says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import Literal, NamedTuple

from feiqian.errors import CheckpointInvalid, LedgerError

from .checkpoints import Checkpoint, Checkpoints
from .engine import Engine, InvariantBroken, Totals
from .engines import new_engine
from .journal import GENESIS, Head, Journal
from .recovery import Watermark, check_fence, check_watermark, replay_row
from .spec import SpecEngine

Engines = Literal["both", "native", "spec"]
Tie = Callable[[Engine, int], Iterable[str]]  # an engine as of a position -> what does not tie with it


class AuditReport(NamedTuple):
    """What was read, and every finding in words; none means that all is well."""

    position: int
    hash: bytes
    digests: dict[str, bytes]  # engine -> digest of its state
    totals: dict[int, Totals]  # currency -> sums
    counts: tuple[int, int, int, int]
    checkpoints: list[int]  # positions of those that were compared
    findings: list[str]

    @property
    def clean(self) -> bool:
        return not self.findings


def audit(
    journal: Journal,
    checkpoints: Checkpoints | None = None,
    *,
    engines: Engines = "both",
    tie: Tie | None = None,
    new_engine: Callable[[], Engine] = new_engine,
) -> AuditReport:
    """Audits the journal up to where it ends now. Damage becomes a finding, and ends the reading there."""
    replayed: dict[str, Engine] = {}
    if engines != "spec":
        replayed["native"] = new_engine()
    if engines != "native":
        replayed["spec"] = SpecEngine()
    findings: list[str] = []
    good = _good(checkpoints, findings)
    reached = _replay(journal, replayed, checkpoints, good, findings)
    findings += _check(replayed)
    if tie is not None:
        findings += tie(next(iter(replayed.values())), reached.position)
    return _report(reached, replayed, sorted(good), findings)


def _good(checkpoints: Checkpoints | None, findings: list[str]) -> dict[int, Checkpoint]:
    try:
        return {one.position: one for one in checkpoints.good()} if checkpoints else {}
    except CheckpointInvalid as error:
        findings.append(str(error))
        return {}


def _replay(
    journal: Journal,
    engines: dict[str, Engine],
    checkpoints: Checkpoints | None,
    good: dict[int, Checkpoint],
    findings: list[str],
) -> Head:
    """Reads on until the journal's end, or damage, which becomes a finding. Returns how far it came."""
    reached = Head(0, GENESIS, 0)
    try:
        head = journal.head()
        for one in good.values():
            check_watermark(journal, head, Watermark("a checkpoint", one.position, one.hash))
        for row in journal.rows(0):
            if row.position > head.position:
                break  # written meanwhile
            for engine in engines.values():
                replay_row(engine, row)
            reached = Head(row.position, row.hash, row.epoch)
            check_fence(head, row.epoch)
            if row.position in good:
                one = good[row.position]
                findings += _compare(one, engines) or _unreadable(checkpoints, one)
        if reached.position != head.position:
            findings.append(f"the journal ended at position {head.position}, but only {reached.position} could be read")
    except LedgerError as error:
        findings.append(str(error))
    return reached


def _compare(checkpoint: Checkpoint, engines: dict[str, Engine]) -> Sequence[str]:
    return [
        f"the checkpoint at position {checkpoint.position} is not the state of the {name} engine there"
        for name, engine in engines.items()
        if engine.digest() != checkpoint.digest
    ]


def _unreadable(checkpoints: Checkpoints | None, one: Checkpoint) -> Sequence[str]:
    """Reads the dump, which compares its digest, unless the checkpointer has dropped it meanwhile."""
    assert checkpoints is not None
    try:
        for _ in checkpoints.chunks(one):
            pass
    except CheckpointInvalid as error:
        with suppress(CheckpointInvalid):
            if one not in checkpoints.good():
                return []
        return [str(error)]
    return []


def _check(engines: dict[str, Engine]) -> list[str]:
    findings = []
    for name, engine in engines.items():
        try:
            engine.check()
        except InvariantBroken as error:
            findings.append(f"{name}: {error}")
    if len({engine.digest() for engine in engines.values()}) > 1:
        findings.append("the two engines come to different states")
    return findings


def _report(reached: Head, engines: dict[str, Engine], checkpoints: list[int], findings: list[str]) -> AuditReport:
    first = next(iter(engines.values()))
    digests = {name: engine.digest() for name, engine in engines.items()}
    return AuditReport(reached.position, reached.hash, digests, first.totals(), first.counts(), checkpoints, findings)
