"""What features show in a customer's wallet: each says it in its `wallet.py`, as `TABS`, `PRIME`, `SHORTCUTS`,
`PARTS` and `NOTICES`."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple, Protocol, TypeAlias

from feiqian import features
from feiqian.ids import CustomerNumber
from feiqian.inbox.model import Group
from feiqian.services import Services

Place: TypeAlias = Literal[
    "code", "home"
]  # under the payment code, or on the first page, where something needs attention


class Shortcut(NamedTuple):
    """A way from the wallet to a page of the feature. `icon` is one of `parts/icons.html`, `text` the key of a text."""

    order: int
    icon: str
    text: str
    path: str


class Prime(NamedTuple):
    """What people do most often: a large button on the first page. There is room for four."""

    order: int
    icon: str
    text: str
    path: str


class Tab(NamedTuple):
    """A place of the tab bar. A page says which it belongs to by its name: `{% set tab = "pay" %}`."""

    order: int
    name: str
    icon: str
    text: str
    path: str


class NoticeKind(NamedTuple):
    """How notices of a kind stand in the inbox: `icon`, and by the key `act` the words for what can be done on the page
    that they lead to. `group`: what their customer may want to have sent or not; of none it is always sent, and at
    once."""

    kind: str
    icon: str
    act: str
    group: Group | None = None


class WalletPart(Protocol):
    """Something on the wallet's page. The template is given what `look` returns, as `shown`."""

    place: Place
    order: int  # among those of its place
    template: str

    async def look(self, services: Services, number: CustomerNumber) -> Any:
        """What it shows of the customer now; None: nothing."""


class Shown(NamedTuple):
    """A part that has something to show."""

    template: str
    shown: Any


def shortcuts() -> list[Shortcut]:
    """Those of all features."""
    return features.shortcuts()


def prime_row() -> list[Prime]:
    """Those of all features."""
    return features.prime_row()


def notice_kinds() -> dict[str, NoticeKind]:
    """Those of all features, by their names."""
    return features.notice_kinds()


async def parts_of(services: Services, number: CustomerNumber, place: Place) -> list[Shown]:
    """Those of all features that have something to show to this customer at this place."""
    looked = [(part, await part.look(services, number)) for part in features.wallet_parts() if part.place == place]
    return [Shown(part.template, shown) for part, shown in looked if shown is not None]
