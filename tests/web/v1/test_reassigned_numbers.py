"""The bank's systems report reassigned numbers by key, or import them by the command."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from sqlalchemy import func, select

from feiqian.auth.tables import reassigned
from feiqian.cli import main
from feiqian.merchants import bank_keys
from feiqian.testing.served import Served

PATH = "/v1/bank/reassigned-numbers"
DAY = "2001-09-08"


@pytest.fixture(scope="module")
def key(served: Served) -> str:
    return served.bank.services.transactions.write_now(bank_keys.create, "test", 1)


def asked(served: Served, bearer: str, **fields: str) -> httpx.Response:
    headers = {"authorization": f"Bearer {bearer}"} if bearer else {}
    return httpx.post(f"{served.url}{PATH}", json=fields, headers=headers, timeout=30)


def test_a_report_needs_a_key_of_the_bank_and_is_answered_with_the_number_masked(served: Served, key: str) -> None:
    fields = {"mobile": "+8613700007777", "reassigned_on": DAY}
    assert asked(served, "", **fields).status_code == 401
    assert asked(served, served.merchants[0].key, **fields).status_code == 401
    for _ in range(2):
        answer = asked(served, key, **fields)
        assert (answer.status_code, answer.json()) == (200, {"mobile": "+86 ••• 7777", "reassigned_on": DAY})


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"mobile": "13700007777"}, "mobile"),
        ({"mobile": "+861062345678"}, "mobile"),
        ({"reassigned_on": "2001-02-30"}, "reassigned_on"),
        ({"reassigned_on": "2999-01-01"}, "reassigned_on"),
        ({"customer": "cus_1"}, "customer"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(served: Served, key: str, wrong: dict[str, str], field: str) -> None:
    answer = asked(served, key, **({"mobile": "+8613700007777", "reassigned_on": DAY} | wrong))
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]


def test_the_command_names_wrong_lines_and_does_nothing_then(
    served: Served, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, command = tmp_path / "numbers.csv", ["--data", served.settings.data, "reassigned", "import"]
    file.write_text(f"mobile,reassigned_on\n+8613700007777,{DAY}\n12345,{DAY}\n")
    assert main([*command, str(file)]) == 1
    said = capsys.readouterr().err
    assert "line 3: mobile: no mobile number" in said
    assert "12345" not in said
    file.write_text(f"mobile,reassigned_on\n+8613700007777,{DAY}\n")
    assert main([*command, str(file), "--check"]) == 0
    with served.bank.services.db.read() as connection:
        assert connection.execute(select(func.count()).select_from(reassigned)).scalar_one() == 0
    assert main([*command, str(file)]) == 0
    assert "1 numbers will be taken in" in capsys.readouterr().err
    assert main([*command, str(tmp_path / "missing.csv")]) == 1
