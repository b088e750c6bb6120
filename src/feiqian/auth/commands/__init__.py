"""The commands of access: evidence of what was signed, and mobile numbers that others have by now."""

from __future__ import annotations

from feiqian.auth.commands import evidence, reassigned
from feiqian.commands.common import Commands


def register(commands: Commands) -> None:
    evidence.register(commands)
    reassigned.register(commands)
