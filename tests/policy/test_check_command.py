"""`feiqian policy check`, as an operator runs it."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from feiqian.policy import commands as policy
from feiqian.policy.load import PolicyInvalid
from feiqian.settings import Settings


def check(*arguments: str, settings: Settings | None = None) -> int:
    parser = argparse.ArgumentParser()
    policy.register(parser.add_subparsers())
    options = parser.parse_args(["policy", "check", *arguments])
    code: int = options.run(settings or Settings(), options)
    return code


def test_it_says_what_a_policy_allows(capsys: pytest.CaptureFixture[str]) -> None:
    assert check("eu") == 0
    said = capsys.readouterr().out
    assert "policy eu: can be used" in said
    assert "level unverified: pays nothing" in said
    assert "level full: pays up to €3,000.00, €3,000.00 a day" in said
    assert "payment: pin+sms or pin+totp or passkey or shield" in said


def test_without_a_file_it_checks_the_one_that_is_set(capsys: pytest.CaptureFixture[str]) -> None:
    assert check(settings=Settings(policy="cn")) == 0
    said = capsys.readouterr().out
    assert "policy cn: can be used" in said
    assert "payment up to ¥5,000.00: " in said


def test_a_wrong_file_is_told_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text('name = "own"\ncurrencies = "CNY"\n')
    with pytest.raises(PolicyInvalid, match=r"^own\.toml:\d+: "):
        check(str(tmp_path / "own.toml"))
