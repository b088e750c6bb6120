"""Details of the audit log's entries as people read them: each by what it is, and nothing as it is kept."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

from feiqian.audit_log.entry import Entry
from feiqian.backoffice.change_kinds import ChangeKinds
from feiqian.ids import CASE, CHANGE, CUSTOMER, DOCUMENT, STAFF
from feiqian.money import BY_NUMBER, CurrencyNumber, MinorUnits, Money
from feiqian.subjects import Role, Subject
from feiqian.texts import Texts
from feiqian.web.formats import Formats
from feiqian.web.render import Renderer

from .words import plain, told_change

ID = re.compile(r"[a-z]{3}_[0-9a-f]{32}", re.ASCII)
SUBJECT = re.compile(rf"({'|'.join(Role)}):([0-9]{{1,19}})", re.ASCII)
PLACES = {  # where the console shows what an id names
    CUSTOMER: "/staff/customers",
    CASE: "/staff/cases",
    CHANGE: "/staff/changes",
    DOCUMENT: "/staff/identity",
    STAFF: "/staff/accounts",
}
_WORD = re.compile(r"[a-z]+(?:_[a-z]+)*", re.ASCII)
# Where words of a detail stand among the texts. Names of the same kind of thing have the same words everywhere.
_WORDS = {
    "before": ("customer.level.",),
    "level": ("customer.level.",),
    "names": ("customer.level.",),
    "roles": ("staff.role.",),
    "role": ("portal.role.",),
    "role_before": ("portal.role.",),
    "factor": ("staff.factor.",),
    "factors": ("staff.factor.",),
    "what": ("staff.factor.",),
    "kind": ("staff.kind.", "staff.case.kind.", "staff.detail."),
    "outcome": ("staff.outcome.",),
    "reason": ("staff.correction.",),
    "state": ("staff.member.",),
    "by": ("staff.detail.by.",),
    "way": ("staff.quick.way.",),
    "pause": ("staff.quick.why.",),
}
_TYPED = frozenset({"query", "tried", "why", "login"})  # by people, or told by a browser


class Part(NamedTuple):
    """A piece of a detail: words, or an `id` that is shown short; `address` is the page of what it names."""

    text: str
    id: str = ""
    address: str = ""


class Detail(NamedTuple):
    """What an entry tells besides: "Roles: Auditor, Reviewer"."""

    label: str
    parts: Sequence[Part]


class Said:
    """Says entries for one page.

    `logins` of staff and `levels` (what each is called) are by number; `menu` is where the reader may go.
    """

    def __init__(
        self,
        words: Renderer,
        kinds: ChangeKinds,
        logins: Mapping[int, str],
        levels: Mapping[int, str],
        menu: Collection[str],
    ) -> None:
        self._formats, self._texts, self._kinds = words.formats, words.texts, kinds
        self._logins, self._levels, self._menu = logins, levels, menu

    # --- whom or what it is about ------------------------------------------------------------------------------------

    def about(self, about: str) -> str:
        """A subject by name or number; the lists of the console by their names; an id short."""
        if match := SUBJECT.fullmatch(about):
            return self.subject(Subject(Role(match[1]), int(match[2])))
        if ID.fullmatch(about):
            return short_id(about)
        return self._texts.catalogue.get(f"staff.about.{about.partition(':')[0]}") or plain(about)

    def subject(self, subject: Subject) -> str:
        if subject.role is Role.STAFF:
            if not subject.number:
                return self._texts("staff.who.operator")
            return self._logins.get(subject.number) or self._texts("staff.who.member", number=subject.number)
        kind = "numbered" if subject.role is Role.CUSTOMER else subject.role
        return self._texts(f"staff.who.{kind}", number=subject.number)

    # --- details -----------------------------------------------------------------------------------------------------

    def details(self, entry: Entry) -> list[Detail]:
        """All of them, in the order in which they were kept; what is empty says nothing."""
        said, details = self._change(entry.details)
        money = self._money(details)
        for name, value in details.items():
            if value in ("", 0, [], ()) or (name == "currency" and money):
                continue
            detail = Detail(self.label(name), [money[name]] if name in money else list(self._parts(name, value)))
            said.append(detail)
        return said

    def label(self, name: str) -> str:
        return self._texts.catalogue.get(f"staff.field.{name}") or plain(name)

    def _change(self, details: Mapping[str, object]) -> tuple[list[Detail], dict[str, object]]:
        """What was changed, as the change's own page says it, and the details that are left."""
        change = told_change(self._kinds, details, _Words(self._texts, self._formats))
        if change is None:
            return [], dict(details)
        said = [Detail(self._texts(f"staff.kind.{details['kind']}"), [Part(change.text)])]
        told = change.values - {"reason", "currency" if "after" in details else ""} | {"kind"}
        return said, {name: value for name, value in details.items() if name not in told}

    def _money(self, details: Mapping[str, object]) -> dict[str, Part]:
        """Amounts in minor units of the currency that stands beside them."""
        unit = details.get("currency")
        if not isinstance(unit, int) or unit not in BY_NUMBER:
            return {}
        currency = BY_NUMBER[CurrencyNumber(unit)]
        named = ((name, details.get(name)) for name in ("amount", "before", "after"))
        return {
            name: Part(signed(self._formats.amount, Money(MinorUnits(abs(value)), currency), value))
            for name, value in named
            if isinstance(value, int)
        }

    def _parts(self, name: str, value: object) -> Iterator[Part]:
        if name == "runs" and isinstance(value, list | tuple):
            yield from self._runs(value)
        elif isinstance(value, list | tuple):
            for one in value:
                yield from self._parts(name, one)
        elif isinstance(value, int):
            yield Part(self._number(name, value))
        elif isinstance(value, str):
            yield self._text(name, value)

    def _number(self, name: str, value: int) -> str:
        if name.endswith("_at"):
            return self._formats.zoned(value)
        if name == "demo":
            return self._texts("staff.detail.yes")
        if name == "currency":
            return BY_NUMBER[CurrencyNumber(value)].code if value in BY_NUMBER else str(value)
        return self._formats.number(value + 1 if name == "picture" else value)  # pictures are kept from 0

    def _text(self, name: str, value: str) -> Part:
        if name in _TYPED:
            return Part(value)
        if ID.fullmatch(value):
            place = PLACES.get(value[:4], "")
            return Part(short_id(value), value, f"{place}/{value}" if place in self._menu else "")
        if SUBJECT.fullmatch(value):
            return Part(self.about(value))
        keys = (f"{stem}{value}" for stem in _WORDS.get(name, ("staff.detail.",)))
        found = next((self._texts(key) for key in keys if key in self._texts.catalogue), None)
        return Part(found or (plain(value) if _WORD.fullmatch(value) else value))

    def _runs(self, runs: Sequence[object]) -> Iterator[Part]:
        """Customers in a row who have a level: the first's number, how many, the level's number."""
        for first, count, level in zip(runs[::3], runs[1::3], runs[2::3], strict=False):
            if isinstance(first, int) and isinstance(count, int) and isinstance(level, int):
                span = {"first": self._formats.number(first), "last": self._formats.number(first + count - 1)}
                yield Part(self._texts("staff.detail.run", **span, level=self._levels.get(level, level)))


class _Words(NamedTuple):
    """What kinds of changes say their values with: whoever reads a record reads times with their zone."""

    texts: Texts
    formats: Formats

    def amount(self, amount: Money) -> str:
        return self.formats.amount(amount)

    def when(self, at: int) -> str:
        return self.formats.zoned(at)


def signed(say: Callable[[Money], str], amount: Money, value: int) -> str:
    """An amount that may be below nothing."""
    return ("−" if value < 0 else "") + say(amount)


def short_id(id: str) -> str:
    """Enough of an id to tell it from its neighbours: ids of one moment differ at the end."""
    return f"{id[:4]}…{id[-6:]}" if ID.fullmatch(id) else id
