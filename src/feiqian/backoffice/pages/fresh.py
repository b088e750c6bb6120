"""Fresh factors between a decision and carrying it out: the challenge of a member of staff, answered on a page."""

from __future__ import annotations

from typing import Any

from litestar import Request
from litestar.datastructures import State

from feiqian.auth.answering import OwnChallenges
from feiqian.auth.pages.challenge import ChallengeFlow
from feiqian.web.kept import kept

from .console import Console


def kept_flow(
    console: Console, request: Request[Any, Any, State], kind: str, address: str, step: str, id: str, more: int = 0
) -> tuple[ChallengeFlow, list[str]] | None:
    """Where the challenge that this browser keeps for this decision is answered, and what else it keeps.

    None if it keeps none. `address` is the page of what is decided, `step` the one under it that asks for factors.
    """
    parts = kept(console.site, request, kind, 2 + more)
    if parts is None or parts[1] != id:
        return None
    flow = ChallengeFlow(
        OwnChallenges(console.site.services.verification, console.me.subject),
        parts[0],
        f"{address}/{step}",
        address,
        console.text("staff.change.confirm"),
        console.text("staff.change.confirm.text"),
        leave=address,
        template="backoffice/confirm.html",
        over="backoffice/over.html",
    )
    return flow, parts[2:]
