"""The bank's own systems open accounts, with keys that open nothing else and that nothing else opens."""

from __future__ import annotations

import secrets
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from feiqian.backoffice.model import OPERATOR
from feiqian.cli import main
from feiqian.merchants import bank_keys
from feiqian.testing.served import Served

PATH = "/v1/bank/accounts"


@pytest.fixture(scope="module")
def key(served: Served) -> str:
    return served.bank.services.transactions.write_now(bank_keys.create, "test", 1)


def asked(served: Served, bearer: str, **fields: Any) -> httpx.Response:
    headers = {"authorization": f"Bearer {bearer}"} if bearer else {}
    return httpx.post(f"{served.url}{PATH}", json=fields, headers=headers, timeout=30)


@pytest.fixture
def wanted(served: Served) -> dict[str, str]:
    s = served.bank.services
    customer = s.transactions.read_now(s.customers.by_number, served.customer())
    assert customer is not None
    return {"reference": secrets.token_hex(8), "customer": customer.id, "currency": "CNY", "product": "current"}


def accounts(served: Served, id: str) -> list[Any]:
    s = served.bank.services
    customer = s.transactions.read_now(s.customers.by_id, id)
    assert customer is not None
    return s.transactions.read_now(s.deposits.of, customer.number)


def test_an_account_is_opened_once_under_a_reference_also_at_once(
    served: Served, key: str, wanted: dict[str, str]
) -> None:
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: asked(served, key, **wanted), range(4)))
    assert [answer.status_code for answer in answers] == [200] * 4
    (account,) = accounts(served, wanted["customer"])
    assert len({answer.json()["id"] for answer in answers} | {account.id}) == 1
    told = asked(served, key, **wanted).json()
    assert (told["state"], told["number"]) == ("open", f"•••• {account.last_four}")
    other = asked(served, key, **(wanted | {"product": "savings"}))
    assert other.status_code == 409


@pytest.mark.parametrize(
    ("wrong", "field", "said"),
    [
        ({"holder": "joint"}, "holder", "joint accounts"),
        ({"holder": "corporate"}, "holder", "accounts of companies"),
        ({"customer": "cus_" + "0" * 32}, "customer", "no customer"),
        ({"currency": "QQQ"}, "currency", "no accounts"),
        ({"product": "bond"}, "product", ""),
        ({"reference": "a b"}, "reference", ""),
        ({"number": "1"}, "number", ""),
    ],
)
def test_what_cannot_be_opened_is_refused_in_words(
    served: Served, key: str, wanted: dict[str, str], wrong: dict[str, str], field: str, said: str
) -> None:
    answer = asked(served, key, **(wanted | wrong))
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert error["field"] == field
    assert said in error["message"]
    assert accounts(served, wanted["customer"]) == []


def test_no_other_key_opens_an_account_and_this_one_opens_nothing_else(
    served: Served, key: str, wanted: dict[str, str]
) -> None:
    unknown = f"fq_bank_test_{secrets.token_urlsafe(32)}"
    live = f"fq_bank_live_{secrets.token_urlsafe(32)}"
    for bearer, problem in (
        ("", "unauthenticated"),
        (served.merchants[0].key, "key-invalid"),
        (unknown, "key-invalid"),
        (live, "key-of-other-mode"),
    ):
        answer = httpx.post(
            f"{served.url}{PATH}",
            json=wanted,
            headers={"authorization": f"Bearer {bearer}".encode("latin-1")} if bearer else {},
            timeout=60,
        )
        assert (answer.status_code, answer.json()["type"]) == (401, f"/problems/{problem}")
    taken = httpx.post(
        f"{served.url}/v1/payments", json=served.order(), headers={"authorization": f"Bearer {key}"}, timeout=30
    )
    assert taken.status_code == 401
    assert accounts(served, wanted["customer"]) == []


def test_keys_are_made_listed_and_revoked_by_the_command(
    served: Served, wanted: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["--data", served.settings.data, "keys", "bank"]
    assert main([*command, "create"]) == 0
    key = capsys.readouterr().out.strip()
    assert asked(served, key, **wanted).status_code == 200
    assert main([*command, "list"]) == 0
    listed = capsys.readouterr().out
    assert key[:17] in listed
    assert key not in listed
    assert main([*command, "revoke", f"{key[:17]}…"]) == 0
    assert asked(served, key, **wanted).status_code == 401
    assert main([*command, "revoke", key[:17]]) == 1
    assert key.encode() not in b"".join(path.read_bytes() for path in (served.settings.file("bank.db"),))


def test_that_a_key_was_made_or_revoked_is_in_the_audit_log_without_the_key(
    served: Served, capsys: pytest.CaptureFixture[str]
) -> None:
    command, services = ["--data", served.settings.data, "keys", "bank"], served.bank.services
    assert main([*command, "create"]) == 0
    key = capsys.readouterr().out.strip()
    assert main([*command, "revoke", key]) == 0
    assert main([*command, "revoke", key]) == 1, "which is no act"
    with services.db.read() as connection:
        revoked, made, *_ = services.audit_log.of(connection, "bank_keys")
    assert [(entry.actor, entry.action, entry.details["key"]) for entry in (made, revoked)] == [
        (OPERATOR, "bank_key_made", key[:17]),
        (OPERATOR, "bank_key_revoked", key[:17]),
    ]
    assert made.details["mode"] == "test"
    assert revoked.at >= made.at > 0
    assert key not in str((made, revoked))
