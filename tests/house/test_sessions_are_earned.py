"""The demo is a guest, and its doors are its own: in a bank nobody gets a session without having passed a sign-in."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Callable

from sources import Source, imports

GUESTS = ("demo", "test_bank", "testing", "bench")  # they say that somebody passed who did not


def test_a_session_is_opened_only_where_a_sign_in_was_passed(
    product: list[Source], obeyed: Callable[..., None]
) -> None:
    findings = [
        f"{source.path}:{node.lineno}"
        for source in product
        if source.module not in {"auth.signing_in", "onboarding.registration"}
        and source.module.split(".")[0] not in GUESTS
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Attribute) and node.attr == "open"
        if ast.unparse(node.value).lower().endswith("sessions")
    ]
    obeyed(
        findings,
        "a session follows a challenge that was consumed, or the registration that confirmed the number.",
        "sign in by `auth.signing_in`.",
    )


def test_that_a_challenge_was_passed_is_said_by_what_consumed_it(
    product: list[Source], obeyed: Callable[..., None]
) -> None:
    findings = [
        f"{source.path}:{node.lineno}"
        for source in product
        if source.module not in {"auth.challenges.store", "onboarding.registration"}
        and source.module.split(".")[0] not in GUESTS
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] == "Passed"
    ]
    obeyed(findings, "nobody else says that somebody has passed.", "take the `Passed` of `Verification.consume`.")


def test_rows_of_sessions_are_made_by_sessions_alone(product: list[Source], obeyed: Callable[..., None]) -> None:
    findings = [
        f"{source.path}:{node.lineno}"
        for source in product
        if source.module != "auth.sessions.store"
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] == "insert"
        if any(ast.unparse(argument).split(".")[-1] == "sessions" for argument in node.args)
    ]
    findings += [
        f"{source.path}:{node.lineno}"
        for source in product
        if source.module not in {"auth.sessions.service", "auth.sessions.store"}
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").endswith("auth.sessions")
        if any(alias.name == "store" for alias in node.names)
    ]
    obeyed(findings, "`Sessions.open` is the only door.", "call it, with what was passed.")


def test_a_bank_does_not_know_its_guests(product: list[Source], obeyed: Callable[..., None]) -> None:
    """What measures and tests a bank may have it filled by the demo's seed."""
    findings = [
        f"{source.path}:{line} imports {name}"
        for source in product
        if source.module.split(".")[0] not in {"demo", "test_bank", "bench", "testing"}
        for line, name in imports(source)
        if name.split(".")[0] in {"demo", "test_bank"}
    ]
    findings += [
        f"{source.path}:{line} imports {name}"
        for source in product
        if source.module.split(".")[0] in {"bench", "testing"}
        for line, name in imports(source)
        if name.split(".")[0] == "demo" and name.split(".")[1] not in {"seeding", "names"}
    ]
    obeyed(findings, "a guest comes by `features.GUESTS`, and brings its own.", "what both need goes below.")


def test_a_served_bank_loads_nothing_of_the_demo_but_its_commands() -> None:
    served = "import sys, feiqian.cli, feiqian.app, feiqian.serving; from feiqian import features as f; f.pages(); "
    asked = "print(sorted(name for name in sys.modules if name.startswith(('feiqian.demo', 'feiqian.test_bank'))))"
    told = subprocess.run([sys.executable, "-c", served + asked], capture_output=True, text=True, check=True)
    assert ast.literal_eval(told.stdout) == [
        "feiqian.demo",
        "feiqian.demo.commands",
        "feiqian.test_bank",
        "feiqian.test_bank.commands",
    ]
