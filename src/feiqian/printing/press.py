"""Has documents made by worker processes of their own: no payment and no picture waits for one."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from feiqian.printing import fonts
from feiqian.runtime import logs
from feiqian.runtime.work import TooBusy
from feiqian.workers.frames import Job, Refused
from feiqian.workers.pool import Workers
from feiqian.workers.process import JobKilled, Limits

CPU_SECONDS, JOB_SECONDS, MEMORY_BYTES, JOBS = 30, 60, 2 * 1024 * 1024 * 1024, 50
LIMITS = Limits(CPU_SECONDS, JOB_SECONDS, MEMORY_BYTES, JOBS)
TYPESET = "feiqian.printing.job", "typeset"
_SOURCES = Path(__file__).parents[1]
_log = logs.get("feiqian.printing")


class NotPrinted(TooBusy):
    """The document cannot be made now. Nothing else is wrong; the log says why."""


class Press:
    """Makes documents, for one bank: in one process, which is started when the first is asked for."""

    def __init__(self, limits: Limits = LIMITS) -> None:
        self._workers = Workers(limits, processes=1, what="printing")
        self.measure, self.close = self._workers.measure, self._workers.close

    async def pdf(self, template: str, values: Mapping[str, Any], at: int, whose: str) -> bytes:
        """A document of this template ("activity/templates/receipt.typ"), with `at`, its moment, in it.

        `values` become JSON. `whose`: for whom, as the workers' queue has its turns ("customer 7"); one of them has two
        documents that wait at most. Raises NotPrinted, TooBusy.
        """
        return await self.typeset(_text_of(template), values, at, whose)

    async def typeset(self, template: str, values: Mapping[str, Any], at: int, whose: str) -> bytes:
        """As `pdf`, of a template whose text this is."""
        sheet = msgspec.json.encode({"template": template, "at": at})
        (made,) = await self.run(TYPESET, [sheet, msgspec.json.encode(values)], whose)
        return made

    async def run(self, job: Job | tuple[str, str], parts: list[bytes], whose: str) -> list[bytes]:
        """Has any job done where documents are made. Raises NotPrinted, TooBusy."""
        try:
            return await self._workers.run(job, parts, whose)
        except Refused as refused:
            _log.error("document_not_made", why=fonts.WHERE_FROM if refused.reason == fonts.MISSING else refused.reason)
            raise NotPrinted(f"it could not be made: {refused.reason}") from None
        except JobKilled as killed:
            raise NotPrinted(f"it could not be made: {killed}") from None


@cache
def _text_of(template: str) -> str:
    return (_SOURCES / template).read_text(encoding="utf-8")
