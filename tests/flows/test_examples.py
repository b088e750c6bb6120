"""The examples work, against a real server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from served_bank import ServedBank

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def test_the_client_in_python_takes_a_payment(tmp_path):
    bank = ServedBank(tmp_path / "bank", customers=10)
    bank.start()
    try:
        code = bank.code(7)
        environment = {
            **os.environ,
            "FEIQIAN_KEY": bank.merchants[0].key,
            "FEIQIAN_SERVER": f"http://127.0.0.1:{bank.port}",
        }
        told = subprocess.run(
            [sys.executable, EXAMPLES / "merchant.py", code, "1250"],
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        ).stdout
        payment, _, balance = told.rpartition("balance:")
        assert json.loads(payment)["status"] == "succeeded"
        assert json.loads(payment)["amount"] == 1250
        assert str(json.loads(payment)["net"]) in balance
    finally:
        bank.close()


def test_the_client_in_curl_is_a_script_that_a_shell_can_read():
    subprocess.run(["sh", "-n", EXAMPLES / "pay.sh"], check=True)
