"""One way to answer a challenge on every page: sign-in, recovery, payments, security.

A page says with a Desk what the challenge is for; here are the choice among its factors, the codes that are sent, what
is said of wrong answers, locks and the end of time. Forms alone suffice for everything but passkeys and shields.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import reduce
from typing import Any, NamedTuple

from litestar import Response
from litestar.datastructures import Cookie
from litestar.response import Redirect

from feiqian.auth.answering import Answers, OwnChallenges
from feiqian.auth.challenges.credentials import KEYS
from feiqian.auth.challenges.errors import (
    AnswerMalformed,
    AnswerWrong,
    BindingDiffers,
    ChallengeNotFound,
    ChallengeOver,
    CodeThrottled,
    FactorNotEnrolled,
    Locked,
    NotPassed,
)
from feiqian.auth.challenges.model import ChallengeView
from feiqian.auth.errors import PreAuthFlowOver, SignInLocked
from feiqian.clock import MICROSECONDS
from feiqian.customers.errors import ApplicationOver
from feiqian.notify.errors import SendingCapped
from feiqian.policy.factors import Factor, Purpose
from feiqian.web.forms import NOT_TAKEN, Form
from feiqian.web.site import Site

from .words import FACTORS, refusal

SENT = (Factor.SMS, Factor.EMAIL)
LOCK = ""  # the error of a form that says that answers are locked
OVER = (ChallengeOver, ChallengeNotFound, PreAuthFlowOver, ApplicationOver, BindingDiffers, NotPassed)
SENT_NOW, NOT_SENT = "1", "no"  # in a page's address, of the code that it asks for
SHORT = 6  # digits of a code, but of those that are sent in spite of a lock
Page = Response[Any]
Finish = Callable[[ChallengeView], Awaitable[Page]]


@dataclass(frozen=True, slots=True)
class ChallengeFlow:
    """Where a challenge is answered. `place` takes its forms, `again` begins anew, `leave` gives up."""

    answers: Answers
    challenge: str
    place: str
    again: str
    heading: str
    lead: str = ""
    leave: str = "/"
    template: str = "auth/challenge.html"
    over: str = "auth/over.html"  # the template for a challenge that can no longer be answered
    values: Mapping[str, Any] = field(default_factory=dict)

    def address(self, way: int, sent: str) -> str:
        """`sent`: what `start` has said."""
        return f"{self.place}?way={way}" + (f"&sent={sent}" if sent else "")


class Way(NamedTuple):
    """One of the combinations that suffice: its number, and what of it is still to be shown."""

    number: int
    left: tuple[Factor, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A challenge as the page draws it."""

    view: ChallengeView
    flow: ChallengeFlow
    way: Way
    others: tuple[Way, ...]
    step: int
    steps: int
    sent: str  # what has become of the code: SENT_NOW, NOT_SENT or ""
    locked: bool  # none of the ways can be passed now

    @property
    def passed(self) -> bool:
        """Nothing is asked for any more: what was confirmed is still to be carried out."""
        return self.view.state == "passed"

    @property
    def factor(self) -> Factor:
        """What is asked for next."""
        return self.way.left[0]

    @property
    def signs(self) -> bool:
        """Whether a key signs the canonical text, word by word; else it is only kept with what was confirmed."""
        return not self.passed and self.factor in KEYS

    @property
    def lines(self) -> list[str]:
        """The canonical text, line by line; the last is the mark that makes it unique."""
        return self.view.text.splitlines()

    @property
    def locked_until(self) -> int:
        """When the first of what is locked is accepted again; 0 if nothing is."""
        if self.locked:
            return self.view.locked_until
        return min(self.view.locked.values(), default=0)

    @property
    def digits(self) -> int:
        """How many the next answer has, if it is a code or PIN."""
        return self.view.digits.get(self.factor, SHORT)

    @property
    def long(self) -> bool:
        """Whether the code is one of those that are sent while answers are locked."""
        return self.digits > SHORT


async def show(site: Site, flow: ChallengeFlow, way: int = -1, sent: str = "") -> Page:
    """The page of a challenge; of one that is over, what to do now."""
    try:
        view = await flow.answers.view(flow.challenge)
    except OVER as error:
        return over(site, flow, error)
    if view.state not in ("open", "passed", "locked"):
        return over(site, flow, ChallengeOver(view.state))
    return draw(site, flow, view, way, sent=sent if sent in (SENT_NOW, NOT_SENT) else "")


async def take(site: Site, flow: ChallengeFlow, form: Form, finish: Finish) -> Page:
    """What a form of the page asks for; `finish` makes the answer once a combination has been passed."""
    try:
        return await _take(site, flow, form, finish)
    except OVER as error:
        return over(site, flow, error)


async def lead(answers: Answers, view: ChallengeView, place: str, *cookies: Cookie) -> Redirect:
    """To the page of a challenge that has just begun."""
    sent = await start(answers, view)
    return Redirect(f"{place}?sent={sent}" if sent else place, status_code=303, cookies=cookies)


async def start(answers: Answers, view: ChallengeView, way: int = -1) -> str:
    """Sends the code that the page will ask for first, so that nobody has to ask for it.

    SENT_NOW, or NOT_SENT if as many were sent as may be; "" if there is nothing to send.
    """
    ways = ways_of(view)
    factor = chosen(ways, way).left[0] if ways else None
    if factor not in SENT or factor is None:
        return ""
    try:
        await answers.send(view.id, factor)
    except CodeThrottled as error:
        return SENT_NOW if error.again_at else NOT_SENT  # one was sent only just now
    except SendingCapped:
        return NOT_SENT
    except (Locked, SignInLocked):
        return ""  # the page says so
    return SENT_NOW


async def key_options(answers: Answers, challenge: str, factor: str) -> Response[Any]:
    """For scripts: what a passkey or shield is to sign, or why there is nothing to sign."""
    try:
        wanted = Factor(factor)
        if wanted in KEYS:
            return Response(await answers.options(challenge, wanted))
    except (ValueError, FactorNotEnrolled, Locked, SignInLocked, *OVER):
        pass
    return over_for_scripts()


def over_for_scripts() -> Response[Any]:
    """There is nothing to sign (any more)."""
    return Response({"problem": "over"}, status_code=409)


async def _take(site: Site, flow: ChallengeFlow, form: Form, finish: Finish) -> Page:
    before = await flow.answers.view(flow.challenge)
    ways = ways_of(before)
    number = chosen(ways, _number(form["way"])).number if ways else 0
    if before.state != "passed":
        if form["do"] == "way":
            return Redirect(flow.address(number, await start(flow.answers, before, number)), status_code=303)
        view = await _act(site, flow, form, before, number)
        if view is None:
            return await _again(site, flow, form, number)
    else:
        view = before
    if view.state == "passed":
        return await finish(view)
    sent = SENT_NOW if form["do"] == "send" else await start(flow.answers, view, number)
    return Redirect(flow.address(number, sent), status_code=303)


async def _act(site: Site, flow: ChallengeFlow, form: Form, view: ChallengeView, number: int) -> ChallengeView | None:
    """Sends or answers. None: it did not work, and the form says why."""
    factor = _factor(form["factor"]) or chosen(ways_of(view), number).left[0]
    try:
        if form["do"] == "send":
            return await flow.answers.send(flow.challenge, factor)
        answer = _answer(factor, form)
        if not answer:
            form.wrong("answer", site.render.texts("customer.challenge.empty"))
            return None
        return await flow.answers.answer(flow.challenge, factor, answer)
    except (Locked, SignInLocked) as error:
        form.wrong(LOCK, _locked(site, view, factor, error))
        return None
    except (AnswerMalformed, AnswerWrong, CodeThrottled, SendingCapped, FactorNotEnrolled) as error:
        form.wrong("answer", refusal(site, error, factor))
        return None


def _locked(site: Site, view: ChallengeView, factor: Factor, error: Locked | SignInLocked) -> str:
    if view.purpose is Purpose.RECOVERY and factor in SENT:
        return site.render.texts("customer.locked.code")  # a new one is accepted in spite of the lock
    return refusal(site, error, factor)


async def _again(site: Site, flow: ChallengeFlow, form: Form, number: int) -> Page:
    view = await flow.answers.view(flow.challenge)
    if view.state not in ("open", "locked"):
        raise ChallengeOver(view.state)
    if view.locked:
        form.errors.pop(LOCK, None)  # the page says so by itself
    return draw(site, flow, view, number, form=form, status=NOT_TAKEN)


def draw(
    site: Site,
    flow: ChallengeFlow,
    view: ChallengeView,
    way: int,
    *,
    sent: str = "",
    form: Form | None = None,
    status: int = 200,
) -> Page:
    """The page of a challenge that can still be answered, or was passed and is to be carried out."""
    ways = ways_of(view) or [Way(0, (Factor.PASSWORD,), "")]
    mine = chosen(ways, way)
    named = tuple(other._replace(text=way_text(site, other.left)) for other in ways if other.left != mine.left)
    steps = len(view.combinations[mine.number]) if view.combinations else 1
    locked = bool(view.locked_until) or view.state == "locked"
    asked = Asked(view, flow, mine, named, steps - len(mine.left) + 1, steps, sent, locked)
    seconds = max(0, view.expires_at - site.services.clock.now()) // MICROSECONDS
    return site.page(
        flow.template,
        ("customer.challenge.script.", "customer.key.script."),
        status=status,
        asked=asked,
        form=form or Form(),
        seconds=seconds,
        inside=isinstance(flow.answers, OwnChallenges),
        **flow.values,
    )


def over(site: Site, flow: ChallengeFlow, error: Exception) -> Page:
    """What to do when a challenge is over: begin anew."""
    state = error.state if isinstance(error, ChallengeOver) else "void"
    inside = isinstance(flow.answers, OwnChallenges)
    return site.page(flow.over, status=409, state=state, again=flow.again, leave=flow.leave, inside=inside)


def ways_of(view: ChallengeView) -> list[Way]:
    """The combinations that are open, each with what is left of it, in the policy's order; none twice.

    Those that wait for something locked are left out, unless all do.
    """
    ways: list[Way] = []
    for number, combination in enumerate(view.combinations):
        left = tuple(factor for factor in combination if factor not in view.passed)
        if not view.locked_until and view.locked.keys() & set(left):
            continue
        if left and left not in [way.left for way in ways]:
            ways.append(Way(number, left, ""))
    return ways


def chosen(ways: list[Way], number: int) -> Way:
    """The way of this number; without one the strongest: none by message before one without, then the least to do, then
    keys. So no message is sent to those who can do without, unless they choose it."""
    for way in ways:
        if way.number == number:
            return way
    return min(ways, key=_weakness)


def _weakness(way: Way) -> tuple[bool, int, bool, int]:
    left = set(way.left)
    return bool(left & set(SENT)), len(left), not left & set(KEYS), way.number


def way_text(site: Site, left: tuple[Factor, ...]) -> str:
    """A combination as people read it."""
    names = (site.render.texts(FACTORS[factor]) for factor in left)
    return reduce(lambda first, second: site.render.texts("customer.challenge.and", first=first, second=second), names)


def _answer(factor: Factor, form: Form) -> str:
    return form.code("answer") if factor in (*SENT, Factor.TOTP, Factor.PIN) else form.raw("answer")


def _factor(text: str) -> Factor | None:
    return Factor(text) if text in set(Factor) else None


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 4 else -1
