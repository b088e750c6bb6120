"""A signed-in customer's aliases of their accounts."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar.params import JSONBody

from feiqian.deposits.aliases import LONGEST
from feiqian.web.v1 import problems
from feiqian.web.v1.operations import Id, TheServices, TheSession, grouped, post


class AliasWanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """4 to 20 letters and digits, of the Latin alphabet or Chinese characters; no number; "" for none."""

    alias: Annotated[str, msgspec.Meta(max_length=LONGEST, examples=["rentaccount"])]


class AliasShown(msgspec.Struct, frozen=True):
    """The account and its alias now; "": it has none."""

    id: str
    alias: str


@post(
    "/v1/me/accounts/{id:str}/alias",
    "chooseAlias",
    "Give an account an alias",
    who="customer",
    description="No two accounts have aliases that look alike. It may be tried ten times in 24 hours.",
    problems=(problems.NOT_FOUND, problems.CONFLICT, problems.TOO_MANY_REQUESTS),
)
async def choose_alias(id: Id, data: JSONBody[AliasWanted], session: TheSession, services: TheServices) -> AliasShown:
    account = await services.aliases.choose(session.subject.customer, id, data.alias)
    return AliasShown(account.id, account.alias)


OPERATIONS = grouped("Aliases", "What a customer calls an account instead of its number.", choose_alias)
