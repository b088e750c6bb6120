"""Proposing a change by a form: all that is wrong in it is said at once, each beside its field."""

from __future__ import annotations

from collections.abc import Mapping

from feiqian.backoffice.change_kinds import Kind
from feiqian.backoffice.change_requests import check_why
from feiqian.backoffice.errors import ChangeInvalid
from feiqian.backoffice.members import require
from feiqian.backoffice.model import Change
from feiqian.money import MoneyInvalid
from feiqian.subjects import Subject
from feiqian.web.forms import Form

from .console import Console
from .words import invalid_text

Values = Mapping[str, object]


def values_of(console: Console, kind: Kind, form: Form) -> Values | None:
    """What the form proposes; None, and the form says why, if it makes no sense by itself."""
    try:
        return kind.read(form)
    except ChangeInvalid as error:
        _wrong(console, kind, form, error)
    except MoneyInvalid:
        form.wrong("amount", console.text("staff.amount.wrong"))
    return None


async def proposed(console: Console, kind: Kind, about: Subject, values: Values | None, form: Form) -> Change | None:
    """The change; None, and the form says all that is wrong, if it cannot be. Raises NotAllowed."""
    require(console.me, *kind.proposers)
    requests = console.back_office.changes
    try:
        if values is not None:
            await requests.kinds.check(kind.name, about, values)
    except ChangeInvalid as error:
        _wrong(console, kind, form, error)
    try:
        check_why(form["why"])
        if values is not None and form.good:
            return await requests.propose(kind.name, about, values, console.me, form["why"])
    except ChangeInvalid as error:
        _wrong(console, kind, form, error)
    return None


def _wrong(console: Console, kind: Kind, form: Form, error: ChangeInvalid) -> None:
    field = "why" if error.reason == "why" else kind.fields.get(error.reason, "")
    form.wrong(field, invalid_text(console.site, error))
