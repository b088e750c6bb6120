"""What features show in a customer's wallet: each says it in its `wallet.py`, as `SHORTCUTS` and `PARTS`."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple, Protocol, TypeAlias

from feiqian import features
from feiqian.ids import CustomerNumber
from feiqian.services import Services

Place: TypeAlias = Literal["code", "below"]  # under the payment code, or under the shortcuts


class Shortcut(NamedTuple):
    """A way from the wallet to a page of the feature. `icon` is one of `parts/icons.html`, `text` the key of a text."""

    order: int
    icon: str
    text: str
    path: str


class WalletPart(Protocol):
    """Something on the wallet's page. The template is given what `look` returns, as `shown`."""

    place: Place
    order: int  # among those of its place
    template: str

    async def look(self, services: Services, number: CustomerNumber) -> Any:
        """What it shows of the customer now; None: nothing."""


class Shown(NamedTuple):
    """A part that has something to show."""

    place: str
    template: str
    shown: Any


def shortcuts() -> list[Shortcut]:
    """Those of all features."""
    return features.shortcuts()


async def parts_of(services: Services, number: CustomerNumber) -> list[Shown]:
    """Those of all features that have something to show to this customer."""
    looked = [(part, await part.look(services, number)) for part in features.wallet_parts()]
    return [Shown(part.place, part.template, shown) for part, shown in looked if shown is not None]
