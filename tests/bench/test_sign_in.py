"""The benchmark of signing in runs with a policy that a bank may have."""

from __future__ import annotations

from pathlib import Path

from feiqian.bench.sign_in import policy_text
from feiqian.policy.load import load_policy


def test_the_policy_has_room_for_messages_and_is_else_the_shipped_one(tmp_path: Path) -> None:
    (tmp_path / "policy.toml").write_text(policy_text(), encoding="utf-8")
    policy, shipped = load_policy(str(tmp_path / "policy.toml")), load_policy("cn")
    assert policy.sending.per_country_hour == 1_000_000
    assert policy.tries == shipped.tries
