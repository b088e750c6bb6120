"""Whatever a merchant's system changes takes an `Idempotency-Key`, or says in the contract what its key is instead."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from feiqian.web.v1.description import description

HEADER = "Idempotency-Key"


def changes() -> Iterator[tuple[str, dict[str, Any], bool]]:
    """Each POST that is called with a merchant's key: its name, what the OpenAPI document says of it, and whether it
    takes the header."""
    for path, operations in description().document["paths"].items():
        said = operations.get("post")
        if said is not None and any("key" in one for one in said["security"]):
            headers = [one["name"] for one in said.get("parameters", []) if one["in"] == "header"]
            yield f"POST {path}", said, HEADER in headers


def test_every_change_of_a_merchants_takes_a_key(obeyed: Callable[..., None]) -> None:
    found = list(changes())
    assert len(found) >= 15, "the document's changes were not read"
    without = {name: said["description"] for name, said, keyed in found if not keyed}
    obeyed(
        [name for name, text in without.items() if f"takes no `{HEADER}`" not in text],
        f"a request whose answer was lost is sent again with the same {HEADER}, and done once.",
        "ask for `idempotency_key: TheKey`, and claim it: `merchants.request_keys` for what the ledger decides, "
        "`webhooks.kept_answers` for what the bank's database does.",
    )
    assert without.keys() == {"POST /v1/payments"}, "on the hot path the merchant's own number is the key"


def test_what_takes_a_key_says_how_another_request_with_it_is_refused(obeyed: Callable[..., None]) -> None:
    refused = "/problems/id-reused"
    obeyed(
        [name for name, said, keyed in changes() if keyed and refused not in said["responses"]["422"]["description"]],
        "a key that comes again with another request is refused, and the contract says so.",
        "add problems.ID_REUSED to the operation's `problems`.",
    )
