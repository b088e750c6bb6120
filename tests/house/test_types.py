"""The type checker refuses numbers of another sort: mypy reads these lines, and finds what is marked, nothing else."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

LINES = """
from feiqian.accounts.kinds import wallet_id
from feiqian.accounts.opening import opening_balance
from feiqian.events import PaymentCancelled, PaymentStatus, RefundStatus
from feiqian.ids import CustomerNumber, MerchantNumber, Party
from feiqian.merchants.kinds import payable_id
from feiqian.money import CNY, BY_NUMBER, MinorUnits, Money
from feiqian.subjects import customer, staff

li, cafe, amount = CustomerNumber(1), MerchantNumber(1), MinorUnits(5)
wallet_id(CNY.number, li)
wallet_id(CNY.number, cafe)  # refused
wallet_id(amount, li)  # refused
wallet_id(CNY.number, 1)  # refused
payable_id(CNY.number, cafe)
payable_id(CNY.number, li)  # refused
opening_balance(li, CNY.number, amount)
opening_balance(cafe, CNY.number, amount)  # refused
opening_balance(li, amount, CNY.number)  # refused
Money(amount, BY_NUMBER[CNY.number])
Money(CNY.number, CNY)  # refused
Money(amount, BY_NUMBER[amount])  # refused
PaymentCancelled("pay_1", 0, cafe, li)
PaymentCancelled("pay_1", 0, li, cafe)  # refused
wallet_id(CNY.number, customer(li).customer)
wallet_id(CNY.number, staff(1).number)  # refused
payers: Party = ("customer", li)
payees: Party = ("customer", cafe)  # refused
RefundStatus.SUCCEEDED is PaymentStatus.SUCCEEDED  # refused
"""


def test_numbers_of_one_sort_are_refused_where_another_belongs(root: Path, tmp_path: Path) -> None:
    snippet = tmp_path / "swapped.py"
    snippet.write_text(LINES)
    options = ["--config-file", str(root / "pyproject.toml"), "--follow-imports=silent", "--no-error-summary"]
    checked = subprocess.run(  # a process of its own: mypy raises the limit of recursion of the one that it is in
        [sys.executable, "-m", "mypy", *options, str(snippet)],
        env={**os.environ, "MYPYPATH": str(root / "src")},
        capture_output=True,
        text=True,
        check=False,
    )
    marked = {number for number, line in enumerate(LINES.splitlines(), 1) if line.endswith("# refused")}
    found = {int(number) for number in re.findall(r"swapped\.py:(\d+): error", checked.stdout)}
    assert (found, checked.stderr) == (marked, ""), checked.stdout
