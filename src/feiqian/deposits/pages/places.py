"""How pages name what a customer has: an account by its id, the wallet by its currency as well. Decides nothing."""

from __future__ import annotations

from typing import NamedTuple

from litestar.exceptions import NotFoundException

from feiqian.deposits.model import WALLET
from feiqian.money import BY_CODE, BY_NUMBER, Currency
from feiqian.services import Services

_WALLET = f"{WALLET}-"


class Place(NamedTuple):
    """An account's id, or WALLET, and a currency, which counts for the wallet alone."""

    id: str
    currency: Currency


def place_of(services: Services, name: str) -> Place:
    """Raises NotFoundException for a wallet in what is no currency."""
    code = name.removeprefix(_WALLET) if name.startswith(_WALLET) else ""
    if code not in ("", *BY_CODE):
        raise NotFoundException
    return Place(WALLET, BY_CODE[code]) if code else Place(name, BY_NUMBER[services.policy.currency])


def name_of(id: str, currency: Currency) -> str:
    """As `place_of` reads it; it stands in addresses and forms."""
    return f"{_WALLET}{currency.code}" if id == WALLET else id
