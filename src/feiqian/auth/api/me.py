"""Who is signed in, and what they have."""

from __future__ import annotations

from feiqian.auth.api import shapes
from feiqian.auth.challenges.contact_resolver import mask
from feiqian.clock import moment
from feiqian.ids import CustomerNumber
from feiqian.kyc.numbers import masked
from feiqian.money import BY_NUMBER
from feiqian.projections.errors import ReadsBehind
from feiqian.services import Services
from feiqian.web.v1.operations import TheServices, TheSession, get


@get("/v1/me", "getMe", "Who is signed in, and what they have", who="customer")
async def get_me(session: TheSession, services: TheServices) -> shapes.Me:
    overview = await services.security.overview(session)
    profile = overview.profile
    wallets = [
        shapes.Wallet(BY_NUMBER[currency].code, await services.accounts.balance(profile.number, currency))
        for currency in services.accounts.wallets(profile.number)
    ]
    return shapes.Me(
        id=profile.id,
        name=profile.name,
        level=overview.level,
        language=profile.language,  # type: ignore[arg-type]  # the registry keeps only languages there are
        mobile=masked(profile.mobile),
        email=mask(profile.email) if profile.email else "",
        frozen=overview.frozen,
        frozen_by_bank=overview.frozen_by_bank,
        cooling_until=moment(profile.cooling_until) if overview.cooling else None,
        wallets=wallets,
        incomplete=await _incomplete(services, profile.number),
    )


async def _incomplete(services: Services, customer: CustomerNumber) -> bool:
    try:
        return await services.reads.customer_incomplete(customer)
    except ReadsBehind:
        return False  # while lists are built again, they are not shown at all
