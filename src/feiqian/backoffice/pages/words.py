"""How the console says levels, changes, reasons and entries of the audit log in the language of who looks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from feiqian.backoffice.change_kinds import ChangeKinds, Effect, Words
from feiqian.backoffice.errors import ChangeInvalid
from feiqian.backoffice.model import Change
from feiqian.ids import DEVICE, is_id
from feiqian.money import BY_NUMBER, CurrencyNumber, MinorUnits, Money
from feiqian.web.site import Site

_IN_WORDS = ("kind", "outcome", "what", "factor", "reason", "factors")
_AS_TYPED = ("device", "why")


def level_name(words: Words, name: str) -> str:
    """A level of the policy; one that a bank has named itself, as it is."""
    return words.texts.catalogue.get(f"customer.level.{name}", name)


def kind_name(site: Site, kind: str) -> str:
    return site.render.texts.catalogue.get(f"staff.kind.{kind}") or plain(kind)


def change_text(kinds: ChangeKinds, change: Change, words: Words) -> str:
    """What would be changed, in a few words; nothing of a kind that this version does not know."""
    try:
        kind, values = kinds.read(change.kind, change.values)
        return kind.text(values, words)
    except ChangeInvalid:
        return ""


def effect_of(site: Site, effect: Effect | None, currency: object) -> tuple[str, str] | None:
    """A balance or limit before a change and after it, as pages say them; one below nothing with a minus sign."""
    if effect is None:
        return None
    unit = BY_NUMBER[CurrencyNumber(_int(currency))]
    before, after = (("−" if n < 0 else "") + site.render.amount(Money(MinorUnits(abs(n)), unit)) for n in effect)
    return before, after


def failure_text(site: Site, why: str) -> str:
    """Why a change cannot be, or could not be carried out; a name of code, as of an error's type, says nothing."""
    texts = site.render.texts
    known = texts.catalogue.get(f"staff.change.invalid.{why}")
    return known or (why if " " in why else texts("staff.change.invalid.other"))


def invalid_text(site: Site, error: ChangeInvalid) -> str:
    return failure_text(site, error.reason)


def action_name(site: Site, action: str) -> str:
    """What an entry of the audit log tells; an act that no text says, without the underscores of code."""
    return site.render.texts.catalogue.get(f"staff.action.{action}") or plain(action)


class ToldChange(NamedTuple):
    """What an entry of the audit log tells of a change: in words, and the names of the details that these say."""

    text: str
    values: frozenset[str]


def told_change(kinds: ChangeKinds, details: Mapping[str, object], words: Words) -> ToldChange | None:
    """As the change's own page says it. None where there is none, or none that this version knows."""
    if "change" not in details:
        return None
    try:
        kind = kinds.find(str(details.get("kind")))
        names = frozenset(kind.values.__struct_fields__)
        _, values = kinds.read(kind.name, {name: value for name, value in details.items() if name in names})
        return ToldChange(kind.text(values, words), names)
    except (ChangeInvalid, KeyError):
        return None


def short_details(words: Words, details: Mapping[str, object], kinds: ChangeKinds | None = None) -> str:
    """What of them can be said in words; ids and numbers are left to whoever reads the audit log itself."""
    said = [text for name in _IN_WORDS for text in _said(words, name, details.get(name))]
    before, level = details.get("before"), details.get("level")
    change = told_change(kinds, details, words) if kinds else None
    if change is not None:
        said.insert(1, change.text)
    elif isinstance(before, str) and isinstance(level, str):
        names = {"before": level_name(words, before), "after": level_name(words, level)}
        said.append(words.texts("staff.change.level", **names))
    kept = [str(details.get(name, "")) for name in _AS_TYPED]
    return " · ".join([*said, *(text for text in kept if text and not is_id(DEVICE, text))])


def _said(words: Words, name: str, value: object) -> list[str]:
    """The words for a value, or for each of several; none for what no text says."""
    tried = [_keys(name, one) for one in (value if isinstance(value, list) else [value])]
    found = (next((key for key in keys if key in words.texts.catalogue), None) for keys in tried)
    return [words.texts(key) for key in found if key is not None]


def _keys(name: str, value: object) -> tuple[str, ...]:
    match name:
        case "kind":
            return f"staff.kind.{value}", f"staff.case.kind.{value}", f"staff.detail.{value}"
        case "outcome":
            return (f"staff.detail.{value}",)
        case "reason":
            return (f"staff.correction.{value}",)
    return (f"staff.factor.{value}",)


def plain(word: str) -> str:
    """What no text says, without the underscores of code."""
    return word.replace("_", " ")


def _int(value: object) -> int:
    if not isinstance(value, int):
        raise ValueError("not a whole number")
    return value
