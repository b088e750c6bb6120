"""An import of accounts: the whole file is checked before anything happens, and it is simply started again."""

from __future__ import annotations

from pathlib import Path

import pytest

from feiqian.auth.model import Opened
from feiqian.cli import main
from feiqian.deposits.importing import BATCH, Import, Line, WrongLine
from feiqian.deposits.model import AccountState
from feiqian.deposits.numbers import new_number
from feiqian.money import CNY, EUR
from feiqian.runtime.csv_file import FileInvalid
from feiqian.subjects import Role, Subject
from feiqian.testing.served import Served
from tests.customers.people import EVE, EVE_DETAILS, People

OPERATOR = Subject(Role.STAFF, 0)
PREFIX = "990001"
HEAD = "reference,customer,currency,product,number,alias,balance,holder"


@pytest.fixture
def mei(people: People) -> Opened:
    return people.checked()


def importing(people: People) -> Import:
    return Import(people.services.deposits.openings, people.services.transactions, OPERATOR)


def id_of(people: People, number: int = 1) -> str:
    return people.do(people.customers.by_number, number).id


def read(people: People, *lines: str, head: str = HEAD) -> tuple[list[Line], list[WrongLine]]:
    text = [f"{line}\n" for line in (head, *lines)]
    return importing(people).read(text)


def carried_out(people: People, lines: list[Line]) -> None:
    for _ in importing(people).open(lines):
        pass
    people.run(people.intents.sweep())


def test_accounts_are_opened_with_what_they_have_and_nobody_is_told(people: People, mei: Opened) -> None:
    mine, number = id_of(people), new_number(PREFIX)
    before = people.told(1)
    lines, wrong = read(
        people,
        f"a1,{mine},CNY,current,{number},rent2026,1250.50,sole",
        f"a2,{mine},EUR,savings,,,0.01,",
        f"a3,{mine},CNY,savings,,,,",
    )
    assert wrong == []
    carried_out(people, lines)
    deposits = people.services.deposits
    held = sorted(people.run(deposits.all_of(1)), key=lambda one: (one.currency, one.place))
    first, third, second = held
    assert people.do(deposits.number, first.id) == number
    assert [(one.product, one.currency, one.alias, one.state) for one in (first, second, third)] == [
        ("current", CNY.number, "rent2026", AccountState.OPEN),
        ("savings", EUR.number, "", AccountState.OPEN),
        ("savings", CNY.number, "", AccountState.OPEN),
    ]
    assert [deposits.balance(one) for one in (first, second, third)] == [1250_50, 1, 0]
    assert people.told(1) == before
    people.ledger.engine.check()


def test_an_import_that_was_interrupted_is_started_again_and_opens_nothing_twice(people: People, mei: Opened) -> None:
    rows = [f"a{n},{id_of(people)},CNY,current,,,{n}.00," for n in range(1, 9)]
    lines, _ = read(people, *rows)
    carried_out(people, lines[:3])
    for _ in range(2):
        lines, wrong = read(people, *rows)
        assert wrong == []
        carried_out(people, lines)
    accounts = people.run(people.services.deposits.all_of(1))
    assert len(accounts) == 8
    assert sum(people.services.deposits.balance(one) for one in accounts) == 36_00


def test_a_crash_between_balance_and_completion_brings_it_in_once(people: People, mei: Opened) -> None:
    lines, _ = read(people, f"a1,{id_of(people)},CNY,current,,,5.00,")
    list(importing(people).open(lines))
    deposits = people.services.deposits
    (account,) = people.run(deposits.all_of(1))
    people.run(deposits.tell_ledger(account.id, 5_00))
    people.run(people.intents.sweep())
    assert deposits.balance(account) == 5_00


WRONG = [
    (",{mine},CNY,current,,,,", "reference"),
    ("a 1,{mine},CNY,current,,,,", "reference"),
    ("{number},{mine},CNY,current,,,,", "reference"),
    ("a{n},cus_" + "0" * 32 + ",CNY,current,,,,", "customer"),
    ("a{n},1,CNY,current,,,,", "customer"),
    ("a{n},{mine},QQQ,current,,,,", "currency"),
    ("a{n},{mine},SEK,current,,,,", "currency"),
    ("a{n},{mine},CNY,bond,,,,", "product"),
    ("a{n},{mine},CNY,current,,,,joint", "joint"),
    ("a{n},{mine},CNY,current,,,,corporate", "corporate"),
    ("a{n},{mine},CNY,current,,,,other", "holder"),
    ("a{n},{mine},CNY,current,6222020000000000000,,,", "number"),
    ("a{n},{mine},CNY,current,,123456,,", "alias_number"),
    ("a{n},{mine},CNY,current,,,-1.00,", "balance"),
    ("a{n},{mine},CNY,current,,,1.001,", "balance"),
    ("a{n},{mine},CNY,current,,,1e3,", "balance"),
    ("a{n},{mine},CNY,current,,,99999999999999999999,", "balance"),
    ("a{n},{mine},CNY", "columns"),
    ("a{n},{mine},CNY,current,,,,,,", "columns"),
    ("a{n},{eve},CNY,current,,,,", "unverified"),
]


def test_every_wrong_line_is_said_with_its_reason_and_nothing_happens(people: People, mei: Opened) -> None:
    people.register(EVE, EVE_DETAILS)
    places = {"mine": id_of(people), "eve": id_of(people, 2), "number": new_number(PREFIX)}
    right = "right,{mine},CNY,current,,,,"
    rows = [text.format(n=n, **places) for n, (text, _) in enumerate(WRONG)]
    _, wrong = read(people, *rows, right.format(**places))
    assert [(one.at, one.reason) for one in wrong] == [(at, reason) for at, (_, reason) in enumerate(WRONG, 2)]
    assert people.run(people.services.deposits.all_of(1)) == []


def test_what_lines_say_twice_is_wrong_in_each_of_them(people: People, mei: Opened) -> None:
    mine, number = id_of(people), new_number(PREFIX)
    _, wrong = read(
        people,
        f"a1,{mine},CNY,current,{number},,,",
        f"a1,{mine},CNY,current,,,,",
        f"a3,{mine},CNY,current,{number},,,",
        f"a4,{mine},CNY,current,,rent1,,",
        f"a5,{mine},CNY,current,,rentl,,",
    )
    assert [(one.at, one.reason) for one in wrong] == [
        (2, "reference_twice"),
        (3, "reference_twice"),
        (4, "number_twice"),
        (5, "alias_twice"),
        (6, "alias_twice"),
    ]


def test_what_the_bank_has_already_is_said(people: People, mei: Opened) -> None:
    mine, number = id_of(people), new_number(PREFIX)
    lines, _ = read(people, f"a1,{mine},CNY,current,{number},rent1,,")
    carried_out(people, lines)
    _, wrong = read(
        people,
        f"a1,{mine},CNY,savings,,,,",
        f"a2,{mine},CNY,current,{number},,,",
        f"a3,{mine},CNY,current,,rentI,,",
        *(f"b{n},{mine},CNY,current,,,," for n in range(20)),
    )
    assert [(one.at, one.reason) for one in wrong] == [
        (2, "reference_used"),
        (3, "number_taken"),
        (4, "alias_taken"),
        (24, "too_many"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        [],
        [""],
        ["reference,customer\n"],
        [f"{HEAD},iban\n"],
        [f"{HEAD},alias\n"],
        [f"{HEAD}\n", 'a1,"x"y,CNY,current\n'],
    ],
)
def test_a_file_that_is_none_is_refused_whole(people: People, text: list[str]) -> None:
    with pytest.raises(FileInvalid):
        importing(people).read(text)


def test_the_command_works_beside_the_server_and_its_accounts_are_opened(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    served = Served(tmp_path / "bank")
    try:
        s = served.bank.services
        ids = [s.transactions.read_now(s.customers.by_number, number).id for number in range(1, 201)]  # type: ignore[union-attr]
        number, file = new_number(PREFIX), tmp_path / "accounts.csv"
        rows = [f"{n}-{id[-6:]},{id},CNY,current,,,10.00," for id in ids for n in range(3)]
        assert len(rows) > BATCH
        file.write_text("\ufeff" + "\n".join([HEAD, *rows, f"bad,{ids[0]},CNY,current,{number[:-1]}x,,,"]))
        command = ["--data", served.settings.data, "accounts", "import", str(file)]
        assert main(command) == 1
        told = capsys.readouterr().err
        assert f"line {len(rows) + 2}: number: 19 digits" in told
        assert number[:-1] not in told
        assert s.transactions.read_now(s.deposits.of, 1) == []
        file.write_text("\n".join([HEAD, *rows]))
        assert main([*command, "--check"]) == main(command) == main(command) == 0
        assert "600 accounts are decided" in capsys.readouterr().err
        assert served.wait_for(s.intents.sweep()) == len(rows)
        held = [account for customer in (1, 200) for account in s.transactions.read_now(s.deposits.of, customer)]
        assert [served.inside(lambda account=account: s.deposits.balance(account)) for account in held] == [10_00] * 6
    finally:
        served.stop()
