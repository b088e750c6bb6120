"""What a customer's wallet is good for now, as its page says it."""

from __future__ import annotations

from typing import Literal, NamedTuple

from feiqian.customers.model import Profile
from feiqian.ids import CustomerNumber
from feiqian.services import Services
from feiqian.subjects import Role


class Standing(NamedTuple):
    """`state`: open, frozen, unverified (nothing to pay with yet), or no_device (whose codes were revoked)."""

    state: Literal["open", "frozen", "unverified", "no_device"]
    by_bank: bool = False  # frozen by staff, who alone can unfreeze it
    cooling_until: int = 0  # Unix microseconds; until then limits are low


async def name_of(services: Services, number: CustomerNumber, profile: Profile | None) -> str:
    """Of a customer of whom nothing else is kept, too."""
    return profile.name if profile else (await services.work.db(services.customers.names, [number])).get(number, "")


async def standing_of(services: Services, customer: CustomerNumber) -> Standing:
    return standing(services, customer, await services.work.db(services.customers.profile, customer))


def standing(services: Services, customer: CustomerNumber, profile: Profile | None) -> Standing:
    """`profile` is the customer's; None if nothing is kept of them but the name."""
    now, level = services.clock.now(), services.customers.standing(customer)
    cooling = profile.cooling_until if profile is not None and profile.cooling_until > now else 0
    if (profile is not None and profile.frozen) or services.accounts.frozen(customer):
        own = profile is not None and profile.frozen_by is not None and profile.frozen_by.role is Role.CUSTOMER
        return Standing("frozen", by_bank=not own)
    if not services.policy.level_numbered(level).pays:
        return Standing("unverified", cooling_until=cooling)
    shows_codes = services.customers.issuing.device_of(customer)
    return Standing("open" if shows_codes else "no_device", cooling_until=cooling)
