"""The policy of benchmarks: that of China, with sums that no benchmark uses up. They are counted all the same."""

from __future__ import annotations

import re

from feiqian.policy.load import FOLDER

_BY_PROOF = re.compile(r"^((?:one_factor|two_factors) = ).*$", re.M)
_OF_QUICK = re.compile(r"(?<=\[methods\.quick\]\n)CNY = .*$", re.M)
_PLENTY = "10000000000.00"


def plenty() -> str:
    """The text of the file."""
    text = (FOLDER / "cn.toml").read_text(encoding="utf-8")
    text = _BY_PROOF.sub(rf'\g<1>{{ CNY = "{_PLENTY}" }}', text)
    return _OF_QUICK.sub(f'CNY = {{ payment = "{_PLENTY}", day = "{_PLENTY}", month = "{_PLENTY}" }}', text)
