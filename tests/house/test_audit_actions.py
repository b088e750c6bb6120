"""What a feature writes into the audit log has words in each language, in its texts or those of features below it."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Callable, Iterator
from functools import cache
from importlib import import_module
from pathlib import Path

import pytest
from sources import Source

from feiqian.auth.challenges.answers import SLOW
from feiqian.features import FEATURES

WRITERS = ("append", "record", "_note", "_record")  # AuditLog's methods, and what features have before them


def actions(source: Source) -> Iterator[str]:
    """What is written as actions: constants, names of constants, and what begins with one (as `case_`)."""
    named = dict(constants(source.tree))
    for call in ast.walk(source.tree):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr in WRITERS:
            to_log = call.func.attr.startswith("_") or ast.unparse(call.func.value).endswith("audit_log")
            place = 1 if call.func.attr == "record" else 2
            if to_log and len(call.args) > place:
                yield from texts_of(call.args[place], named)


def constants(tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            yield node.targets[0].id, node.value
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Tuple):
            for name, value in zip(node.targets[0].elts, getattr(node.value, "elts", ()), strict=False):
                yield ast.unparse(name), value


def texts_of(node: ast.expr, named: dict[str, ast.expr]) -> Iterator[str]:
    if isinstance(node, ast.Constant):
        yield str(node.value)
    elif isinstance(node, ast.IfExp):
        yield from (*texts_of(node.body, named), *texts_of(node.orelse, named))
    elif isinstance(node, ast.JoinedStr):
        yield "".join(part.value if isinstance(part, ast.Constant) else "*" for part in node.values)
    elif isinstance(node, ast.Name) and node.id in named:
        yield from texts_of(named[node.id], named)


@cache
def keys(feature: Path, language: str) -> set[str]:
    texts = feature / "texts" / f"{language}.toml"
    return set(tomllib.loads(texts.read_text())) if texts.exists() else set()


@pytest.fixture(scope="module")
def written(product: list[Source]) -> list[tuple[Source, str]]:
    """What features write as actions, and where."""
    features = (source for source in product if source.module.split(".")[0] in FEATURES)
    return [(source, action) for source in features for action in actions(source)]


@pytest.mark.parametrize("language", ["en", "zh", "es"])
def test_every_action_has_words(
    written: list[tuple[Source, str]], obeyed: Callable[..., None], root: Path, language: str
) -> None:
    findings = []
    for source, action in written:
        feature = source.module.split(".")[0]
        below = import_module(f"feiqian.{feature}").STANDS_ON
        words = {key for name in (feature, *below) for key in keys(root / "src/feiqian" / name, language)}
        wanted = re.compile(re.escape(f"staff.action.{action}").replace(r"\*", "[a-z]+"))
        if not any(wanted.fullmatch(key) for key in words):
            findings.append(f"{source.path}: {action}")
    assert len(written) > 40
    obeyed(
        findings,
        "an entry of the audit log is shown in words.",
        f'add "staff.action.<action>" to the feature\'s texts/{language}.toml.',
    )


def details(source: Source) -> Iterator[str]:
    """The names of details: of displays that are called so or handed to the log, and of values of changes."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Assign | ast.AnnAssign):
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            if isinstance(target, ast.Subscript) and ast.unparse(target.value) == "details":
                yield from texts_of(target.slice, {})
            elif ast.unparse(target) in ("details", "shown") and node.value is not None:
                yield from names_in(node.value)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in WRITERS:
            for argument in node.args:
                yield from names_in(argument)
        elif isinstance(node, ast.ClassDef) and node.name.endswith("Values"):
            yield from (ast.unparse(line.target) for line in node.body if isinstance(line, ast.AnnAssign))


def names_in(value: ast.expr) -> Iterator[str]:
    for node in ast.walk(value):
        if isinstance(node, ast.Dict):
            yield from (text for key in node.keys if key is not None for text in texts_of(key, {}))


def test_every_detail_has_a_name_in_words(product: list[Source], obeyed: Callable[..., None], root: Path) -> None:
    findings, found = [], set()
    folders = [root / "src/feiqian" / name for name in FEATURES]
    for language in ("en", "zh", "es"):
        words = {key for folder in folders for key in keys(folder, language)}
        for source in product:
            if source.module.split(".")[0] in FEATURES and ("audit_log" in source.text or "ChangeKind" in source.text):
                for name in details(source):
                    found.add(name)
                    if f"staff.field.{name}" not in words:
                        findings.append(f"{source.path}: {name} ({language})")
    assert len(found) > 30
    obeyed(
        findings, "what an entry of the audit log tells has a name in words.", 'add "staff.field.<name>" to the texts.'
    )


def test_a_change_of_each_secret_has_words(root: Path) -> None:
    """Their actions are made of the factor's name, so that the code above does not show them."""
    assert {f"staff.action.{factor}_changed" for factor in SLOW} <= keys(root / "src/feiqian/auth", "en")
