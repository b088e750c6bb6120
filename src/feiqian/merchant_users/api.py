"""Which problem each error about merchants' people is under /v1; and `/v1/bank`: inviting the first of them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from litestar.params import JSONBody

from feiqian.backoffice.model import OPERATOR
from feiqian.clock import moment
from feiqian.errors import FeiqianError
from feiqian.merchant_users.errors import MerchantUsersError, UserInvalid, UserNotFound
from feiqian.merchant_users.model import MerchantRole
from feiqian.merchant_users.users import INVITATION
from feiqian.notify.mail_addresses import LONGEST
from feiqian.strings.patterns import LINE, matching
from feiqian.web.v1.operations import TheServices, for_the_bank, post
from feiqian.web.v1.problems import INTERNAL, INVALID, NOT_FOUND, FieldError, Kind, ProblemError, Told

PROBLEMS: dict[type[FeiqianError], Kind] = {
    MerchantUsersError: INTERNAL,
    UserInvalid: INVALID,
    UserNotFound: NOT_FOUND,
}


def _field(problem: ProblemError, error: UserInvalid) -> None:
    problem.errors = (FieldError("email" if error.reason in ("email", "there") else "", error.reason),)


TOLD: dict[type[FeiqianError], Told] = {UserInvalid: _field}


class InvitationWanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Whom to invite to sign in for which merchant (`mer_…`); the message is in this language."""

    merchant: Annotated[str, matching("mer_[0-9a-f]{32}", examples=["mer_01a21ac8d8a073fb8e8d69f236941c11"])]
    email: Annotated[str, matching(LINE, max_length=LONGEST, examples=["lin@shop.example"])]
    role: Literal["owner", "developer", "operator", "viewer"] = "owner"
    language: Literal["en", "zh", "es"] = "en"


class InvitationSent(msgspec.Struct, frozen=True):
    """Who is invited; the link is in the message alone."""

    id: str
    merchant: str
    role: Literal["owner", "developer", "operator", "viewer"]
    expires_at: datetime


@post(
    "/v1/bank/merchant-invitations",
    "inviteMerchantUser",
    "Invite somebody to sign in for a merchant",
    who="bank",
    description="They get a link by e-mail that is good once, for 72 hours. Whoever was invited before and has not come"
    " gets another one, and the one before ends; whoever signs in for the merchant already (and has lost their factors)"
    " is signed out, keeps their role, and chooses new factors.",
    problems=(NOT_FOUND,),
)
async def invite(data: JSONBody[InvitationWanted], services: TheServices) -> InvitationSent:
    merchant = services.merchants.by_id(data.merchant)
    if merchant is None:
        raise ProblemError(NOT_FOUND)
    role = MerchantRole(data.role)
    user = await services.transactions.write(
        services.bank_invitations.by_bank, merchant, data.email, role, data.language, OPERATOR
    )
    return InvitationSent(user.id, data.merchant, user.role.value, moment(user.invited_at + INVITATION))


OPERATIONS = for_the_bank(invite)
