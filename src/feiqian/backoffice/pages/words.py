"""How the console says levels, changes, reasons and entries of the trail in the language of who looks."""

from __future__ import annotations

from collections.abc import Mapping

from feiqian.audit_log.entry import Entry
from feiqian.backoffice.acts import Effect
from feiqian.backoffice.errors import ChangeInvalid
from feiqian.backoffice.model import Change, ChangeKind
from feiqian.money import BY_NUMBER, CurrencyNumber, MinorUnits, Money
from feiqian.web.site import Site

_UNSAID = ("change", "case", "review", "session", "kind")


def level_name(site: Site, name: str) -> str:
    """A level of the policy; one that a bank has named itself, as it is."""
    return site.render.texts.catalogue.get(f"staff.level.{name}", name)


def kind_name(site: Site, kind: str) -> str:
    return site.render.texts(f"staff.kind.{kind}")


def change_text(site: Site, change: Change) -> str:
    """What would be changed, in a few words: "Remote → Full"."""
    t, values = site.render.texts, change.values
    if change.kind is ChangeKind.SET_LEVEL:
        before, after = (level_name(site, str(values[name])) for name in ("before", "level"))
        return t("staff.change.level", before=before, after=after)
    if change.kind is ChangeKind.UNFREEZE:
        return t("staff.change.unfreeze", since=site.render.formats.when(_int(values["frozen_at"])))
    if change.kind is ChangeKind.RELEASE_LOCK:
        return t("staff.change.release_lock")
    if change.kind is ChangeKind.STAFF_ROLES:
        roles = values["roles"]
        names = [t(f"staff.role.{role}") for role in roles] if isinstance(roles, list) else []
        return t("staff.change.roles", roles=", ".join(names))
    return _amount_text(site, change)


def effect_of(site: Site, effect: Effect | None, currency: object) -> tuple[str, str] | None:
    """A balance or limit before a change and after it, as pages say them; one below nothing with a minus sign."""
    if effect is None:
        return None
    unit = BY_NUMBER[CurrencyNumber(_int(currency))]
    before, after = (("−" if n < 0 else "") + site.render.amount(Money(MinorUnits(abs(n)), unit)) for n in effect)
    return before, after


def _amount_text(site: Site, change: Change) -> str:
    amount = _int(change.values["amount"])
    unit = BY_NUMBER[CurrencyNumber(_int(change.values["currency"]))]
    shown = site.render.amount(Money(MinorUnits(abs(amount)), unit))
    if change.kind is ChangeKind.DAY_LIMIT:
        return site.render.texts("staff.change.day_limit", amount=shown)
    sign = "staff.change.credit" if amount > 0 else "staff.change.debit"
    return site.render.texts(sign, amount=shown)


def failure_text(site: Site, why: str) -> str:
    """Why a change cannot be, or could not be carried out."""
    return site.render.texts.catalogue.get(f"staff.change.invalid.{why}", why)


def invalid_text(site: Site, error: ChangeInvalid) -> str:
    return failure_text(site, error.reason)


def reason_text(site: Site, reason: str) -> str:
    """Why an identity could not be decided without staff."""
    return site.render.texts.catalogue.get(f"staff.reason.{reason}", reason)


def action_name(site: Site, action: str) -> str:
    """What an entry of the trail tells; other features' acts as they are called."""
    return site.render.texts.catalogue.get(f"staff.action.{action}", action)


def details_text(entry: Entry) -> str:
    """The details of an entry, in one line, as they are kept."""
    return " · ".join(f"{name}: {_plain(value)}" for name, value in entry.details.items() if value not in ("", 0, []))


def short_details(details: Mapping[str, object]) -> str:
    """The same without the ids of what the entry is linked with."""
    return " · ".join(_plain(value) for name, value in details.items() if name not in _UNSAID and value != "")


def _plain(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _int(value: object) -> int:
    if not isinstance(value, int):
        raise ValueError("not a whole number")
    return value
