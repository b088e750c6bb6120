"""The features that a bank is made of; one name here takes a feature in.

A feature is a folder. What it has to offer is found under uniform names: `api.OPERATIONS` (its operations of /v1),
`api.PROBLEMS` and `api.TOLD` (which problem each of its errors is there, and what more it says), `pages.PAGES`,
`pages.STAFF_PAGES` and `pages.STAFF_MENU` (those in the staff's console, and the ways to them), `pages.MERCHANT_PAGES`
and `pages.MERCHANT_MENU` (for merchants' people, and so for each kind of `policy.people.PEOPLE`), `pages.LONGEST` (how
much fields take), `wallet.TABS`, `wallet.PRIME`, `wallet.SHORTCUTS`, `wallet.PARTS` and `wallet.NOTICES` (what it
shows in a wallet), `wallet.SCANNED` (which scanned codes are its), `queues.QUEUES` (what waits for staff),
`changes.CHANGES` (what one of the staff proposes and another approves), `support.SUPPORT` (what supporters see of a
customer), `outbound.OUTBOUND` (what it tells the world of the journal), `movements.MOVEMENTS` (what the transfers that
it makes are called), `read_model.READ_MODEL`, `commands.register`, and the folders `texts`, `templates` and `static`.
Its `STANDS_ON` names those below it.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import TYPE_CHECKING

from feiqian.policy.people import PEOPLE

if TYPE_CHECKING:
    from litestar.handlers import HTTPRouteHandler
    from litestar.types import ControllerRouterHandler

    from feiqian.backoffice.change_kinds import Kind as ChangeKind
    from feiqian.backoffice.staff_queues import StaffQueue
    from feiqian.backoffice.support_sections import SupportSection
    from feiqian.errors import FeiqianError
    from feiqian.outbox.model import Outbound
    from feiqian.payments.movement_kinds import MovementKind
    from feiqian.projections.read_model import ReadModel
    from feiqian.services import Services
    from feiqian.web.scanned import ScannedKind
    from feiqian.web.v1.problems import Kind, Told
    from feiqian.web.wallet_parts import NoticeKind, Prime, Shortcut, Tab, WalletPart

FEATURES = (
    "policy",
    "audit_log",
    "outbox",
    "ledger_intents",
    "notify",
    "kyc",
    "accounts",
    "customers",
    "inbox",
    "cases",
    "auth",
    "backoffice",
    "onboarding",
    "merchants",
    "merchant_users",
    "limits",
    "payments",
    "offline_codes",
    "webhooks",
    "orders",
    "deposits",
    "activity",
    "statements",
    "sources",
    "locks",
    "payees",
    "transfers",
    "scheduled",
    "quick",
    "checkout",
    "packets",
    "scanning",
    "requests",
    "developers",
    "reminders",
    "channels",
    "home",
)
GUESTS = ("demo", "test_bank")  # what is no part of a bank, and builds on one


@cache
def modules(name: str, features: tuple[str, ...] = FEATURES) -> tuple[ModuleType, ...]:
    """The module of this name of each feature that has one. They are looked for once: most features have none."""
    wanted = [f"feiqian.{feature}.{name}" for feature in features]
    return tuple(import_module(module) for module in wanted if find_spec(module) is not None)


def operations() -> list[HTTPRouteHandler]:
    """The handlers of all operations of /v1."""
    return [handler for module in modules("api") for handler in getattr(module, "OPERATIONS", ())]


@cache
def problems() -> dict[type[FeiqianError], Kind]:
    """Which problem each error of a feature becomes under /v1."""
    return {error: kind for module in modules("api") for error, kind in module.PROBLEMS.items()}


@cache
def told() -> dict[type[FeiqianError], Told]:
    """What adds to a problem what a client can act on, by the error."""
    return {error: more for module in modules("api") for error, more in getattr(module, "TOLD", {}).items()}


def pages(features: tuple[str, ...] = FEATURES) -> list[ControllerRouterHandler]:
    """The handlers of all pages of these features; those for one kind of people stand in its console."""
    found = modules("pages", features)
    consoles = [console for kind in PEOPLE for console in _consoles(found, kind.name)]
    return [handler for module in found for handler in module.PAGES] + consoles


def _consoles(found: tuple[ModuleType, ...], name: str) -> list[ControllerRouterHandler]:
    """What all features have for one kind of people, within the console of the one that has it."""
    pages = [handler for module in found for handler in getattr(module, f"{name.upper()}_PAGES", ())]
    menu = sorted(place for module in found for place in getattr(module, f"{name.upper()}_MENU", ()))
    console = f"{name}_console"
    return [getattr(module, console)(pages, menu) for module in found if hasattr(module, console)]


def outbound(services: Services, features: tuple[str, ...] = FEATURES) -> list[Outbound]:
    """All that the bank tells the world of what its journal says."""
    return [kind(services) for module in modules("outbound", features) for kind in module.OUTBOUND]


def movement_kinds(services: Services, features: tuple[str, ...] = FEATURES) -> list[MovementKind]:
    """All that features say of the transfers that they make."""
    return [kind(services) for module in modules("movements", features) for kind in module.MOVEMENTS]


def change_kinds(services: Services, features: tuple[str, ...] = FEATURES) -> list[ChangeKind]:
    """All kinds of changes that two of the staff make."""
    return [kind(services) for module in modules("changes", features) for kind in module.CHANGES]


def staff_queues(services: Services, features: tuple[str, ...] = FEATURES) -> list[StaffQueue]:
    """All queues that staff work on."""
    return [queue(services) for module in modules("queues", features) for queue in module.QUEUES]


def support_sections(services: Services, features: tuple[str, ...] = FEATURES) -> list[SupportSection]:
    """All that supporters see of a customer."""
    return [section(services) for module in modules("support", features) for section in module.SUPPORT]


@cache
def shortcuts() -> list[Shortcut]:
    """The ways from the wallet to the pages of features."""
    return sorted(shortcut for module in modules("wallet") for shortcut in getattr(module, "SHORTCUTS", ()))


@cache
def prime_row() -> list[Prime]:
    """What people do most often, on the wallet's first page."""
    return sorted(prime for module in modules("wallet") for prime in getattr(module, "PRIME", ()))


@cache
def tabs() -> list[Tab]:
    """The places of the tab bar of customers' pages."""
    return sorted(tab for module in modules("wallet") for tab in getattr(module, "TABS", ()))


@cache
def notice_kinds() -> dict[str, NoticeKind]:
    """How notices stand in a customer's inbox, by their kinds."""
    return {one.kind: one for module in modules("wallet") for one in getattr(module, "NOTICES", ())}


@cache
def wallet_parts() -> list[WalletPart]:
    """What features show in the wallet."""
    parts = (part for module in modules("wallet") for part in getattr(module, "PARTS", ()))
    return sorted(parts, key=lambda part: part.order)


@cache
def scanned_kinds() -> list[ScannedKind]:
    """The sorts of codes that customers scan."""
    kinds = (kind for module in modules("wallet") for kind in getattr(module, "SCANNED", ()))
    return sorted(kinds, key=lambda kind: kind.order)


@cache
def longest() -> dict[str, int]:
    """How many characters the fields of forms take that one feature alone has."""
    return {field: length for module in modules("pages") for field, length in getattr(module, "LONGEST", {}).items()}


def read_models() -> list[ReadModel]:
    """The read models of all features."""
    return [module.READ_MODEL for module in modules("read_model")]
