"""The policy of benchmarks: that of China, with sums that no benchmark uses up. They are counted all the same."""

from __future__ import annotations

import re

from feiqian.policy.load import FOLDER

_BY_PROOF = re.compile(r"^((?:one_factor|two_factors) = ).*$", re.M)


def plenty() -> str:
    """The text of the file."""
    text = (FOLDER / "cn.toml").read_text(encoding="utf-8")
    return _BY_PROOF.sub(r'\g<1>{ CNY = "10000000000.00" }', text)
