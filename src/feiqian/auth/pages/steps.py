"""The routes of every challenge: its page, the form of the page, and what a passkey or shield is to sign.

Each use of them provides a Step: where its challenge is answered, and what becomes of it once it has been passed.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency, Provide
from litestar.params import FromQuery, JSONBody, SkipValidation
from litestar.response import Redirect

from feiqian.web.site import TheSite
from feiqian.web.whose import ACTS_FOR, Part

from .challenge import ChallengeFlow, Finish, Page, key_options, over_for_scripts, show, take
from .keys import read_key_form


class WantedKey(msgspec.Struct, forbid_unknown_fields=True):
    """Which key a script asks to use."""

    factor: str


class Step(NamedTuple):
    """A challenge that is under way; `finish` makes the answer once a combination has been passed."""

    flow: ChallengeFlow
    finish: Finish


TheStep = NamedDependency[SkipValidation[Step | Redirect]]


def challenge_pages(
    path: str,
    step: Callable[..., Awaitable[Step | Redirect]],
    acts_for: tuple[Part, ...],
    more: Mapping[str, object] = MappingProxyType({}),
) -> Router:
    """The routes below `path`. `step` is a dependency: a Redirect where nothing is under way (any more). `more`: what
    else guards ask of their options."""
    dependencies = {"step": Provide(step)}
    return Router(
        path, route_handlers=[ask, answer, options], dependencies=dependencies, opt={ACTS_FOR: acts_for, **more}
    )


@get("/")
async def ask(site: TheSite, step: TheStep, way: FromQuery[int] = -1, sent: FromQuery[str] = "") -> Page:
    """The page of the challenge."""
    return step if isinstance(step, Redirect) else await show(site, step.flow, way, sent)


@post("/", status_code=303)
async def answer(site: TheSite, step: TheStep, request: Request[Any, Any, State]) -> Page:
    """What its form asks for: an answer, a code, another way."""
    return (
        step if isinstance(step, Redirect) else await take(site, step.flow, await read_key_form(request), step.finish)
    )


@post("/options", status_code=200)
async def options(step: TheStep, data: JSONBody[WantedKey]) -> Response[Any]:
    """For scripts: what a passkey or shield is to sign."""
    if isinstance(step, Redirect):
        return over_for_scripts()
    return await key_options(step.flow.answers, step.flow.challenge, data.factor)
