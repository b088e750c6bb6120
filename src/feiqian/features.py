"""The features that a bank is made of; one name here takes a feature in.

A feature is a folder. What it has to offer is found under uniform names: `api.ROUTES` (its operations of /v1),
`pages.PAGES`, `commands.register`, `read_model.READ_MODEL`, and the folders `texts` and `templates`. Its `STANDS_ON`
names those below it.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from litestar.types import ControllerRouterHandler

    from feiqian.projections.read_model import ReadModel
    from feiqian.web.v1.call import Route

FEATURES = (
    "policy",
    "audit_log",
    "ledger_intents",
    "notify",
    "cases",
    "kyc",
    "accounts",
    "customers",
    "auth",
    "onboarding",
    "merchants",
    "payments",
    "backoffice",
)
DEMO = ("demo",)  # what a demo has besides


def modules(name: str, features: tuple[str, ...] = FEATURES) -> list[ModuleType]:
    """The module of this name of each feature that has one."""
    wanted = [f"feiqian.{feature}.{name}" for feature in features]
    return [import_module(module) for module in wanted if find_spec(module) is not None]


def routes() -> tuple[Route, ...]:
    """All operations of /v1."""
    return tuple(route for module in modules("api") for route in module.ROUTES)


def pages(features: tuple[str, ...] = FEATURES) -> list[ControllerRouterHandler]:
    """The handlers of all pages of these features."""
    return [handler for module in modules("pages", features) for handler in module.PAGES]


def read_models() -> list[ReadModel]:
    """The read models of all features."""
    return [module.READ_MODEL for module in modules("read_model")]
