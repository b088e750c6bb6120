"""No pattern of ours matches a newline by accident: `$` does, before a newline at the end, and two texts become one."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
import re._constants as constants
import re._parser as parser
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest
from sources import Source

import feiqian

OF_RE = {"compile", "search", "match", "fullmatch", "split", "findall", "finditer", "sub", "subn"}
WAY_OUT = r"`matching(...)` of feiqian.patterns for a struct's field, else `fullmatch`, or `\Z` in place of `$`."
# What may end in a newline on purpose: notes of several lines, and what earlier versions took and is still asked for.
MAY_END_IN_A_NEWLINE = {
    "ListPaymentsQuery.merchant_order",
    "Question.order",
    "Refund.order",
    "Report.note",
    "SignInStart.password",
}
SAMPLES = (
    "",
    "a",
    "CNY",
    "wallet",
    "22:00",
    "2026-Q4",
    "2026-11-28T09:30:00Z",
    "000000",
    "0" * 20,
    "1990-03-07",
    "cus_" + "0" * 32,
    "en",
    "https://a",
    "ord_" + "0" * 32,
    "pck_" + "0" * 32,
    "ntc_" + "0" * 32,
    "mer_" + "0" * 32,
    "+8613900001111",
    "payment.*",
    "pay_" + "0" * 32,
)


def ends_before_a_newline(pattern: Any, flags: int = 0) -> bool:
    """Whether a `$` stands in it that is not the end of any line."""
    tree = parser.parse(pattern, flags)
    return not tree.state.flags & re.MULTILINE and any(op == (constants.AT, constants.AT_END) for op in nodes(tree))


def nodes(tree: Any) -> Iterator[Any]:
    if isinstance(tree, (parser.SubPattern, list, tuple)):
        if isinstance(tree, tuple):
            yield tree
        for inner in tree:
            yield from nodes(inner)


def modules() -> Iterator[Any]:
    for module in pkgutil.walk_packages(feiqian.__path__, "feiqian."):
        if not module.name.rpartition(".")[2].startswith("_"):
            yield importlib.import_module(module.name)


def held(value: Any) -> Iterator[re.Pattern[Any]]:
    """The compiled patterns that a module's name stands for, in tables, too."""
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, (list, tuple, set, frozenset)):
        for inner in value:
            yield from held(inner)
    elif type(value) is dict:
        for inner in value.values():
            yield from held(inner)


@pytest.mark.parametrize("pattern", ["a$", "(?:a|b$)", "(a$)?", "a(?=b$)", "[a]+$|b", b"a$"])
def test_a_dollar_is_found_wherever_it_stands(pattern: Any) -> None:
    assert ends_before_a_newline(pattern)


@pytest.mark.parametrize("pattern", [r"a\Z", r"\$", "[$]", "(?m)a$", b"a"])
def test_what_is_no_such_end_is_not_found(pattern: Any) -> None:
    assert not ends_before_a_newline(pattern)


def test_no_compiled_pattern_ends_before_a_newline(obeyed: Callable[..., None]) -> None:
    findings = [
        f"{module.__name__}.{name}: {pattern.pattern!r}"
        for module in modules()
        for name, value in vars(module).items()
        for pattern in held(value)
        if ends_before_a_newline(pattern.pattern, pattern.flags)
    ]
    obeyed(findings, "no pattern ends in `$`, which matches before a newline.", WAY_OUT)


def test_no_pattern_that_is_written_in_a_call_ends_before_a_newline(
    product: list[Source], obeyed: Callable[..., None]
) -> None:
    findings = [
        f"{source.path}:{call.lineno} {ast.unparse(call.args[0])}"
        for source in product
        for call in ast.walk(source.tree)
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and isinstance(call.func.value, ast.Name)
        and (call.func.value.id, call.func.attr) in {("re", name) for name in OF_RE}
        and "re.M" not in ast.unparse(call)
        and any(
            isinstance(node.value, (str, bytes)) and ends_before_a_newline_alone(node.value)
            for node in ast.walk(call.args[0])
            if isinstance(node, ast.Constant)
        )
    ]
    obeyed(findings, "no pattern ends in `$`, which matches before a newline.", WAY_OUT)


def ends_before_a_newline_alone(part: str | bytes) -> bool:
    """As `ends_before_a_newline`; of a part that is no pattern by itself, whether a bare `$` ends it."""
    try:
        return ends_before_a_newline(part)
    except re.error:
        return part[-1:] in ("$", b"$") and part[-2:-1] not in ("\\", b"\\")


def test_patterns_of_fields_are_declared_in_one_place(product: list[Source], obeyed: Callable[..., None]) -> None:
    findings = [
        f"{source.path}:{call.lineno}"
        for source in product
        for call in ast.walk(source.tree)
        if isinstance(call, ast.Call)
        and ast.unparse(call.func).endswith("Meta")
        and any(keyword.arg == "pattern" for keyword in call.keywords)
        and source.path != "src/feiqian/strings/patterns.py"
    ]
    obeyed(findings, "a field's pattern is declared with `feiqian.patterns.matching`.", WAY_OUT)


# --- the fields of structs -----------------------------------------------------------------------------------------


def patterned(type_: Any) -> Iterator[str]:
    """The patterns of a field's type, whatever it is wrapped in."""
    if isinstance(type_, msgspec.inspect.StrType) and type_.pattern is not None:
        yield type_.pattern
    elif isinstance(type_, msgspec.inspect.Metadata):
        yield from patterned(type_.type)
    elif isinstance(type_, msgspec.inspect.UnionType):
        for inner in type_.types:
            yield from patterned(inner)
    elif isinstance(type_, (msgspec.inspect.ListType, msgspec.inspect.VarTupleType, msgspec.inspect.SetType)):
        yield from patterned(type_.item_type)
    elif isinstance(type_, msgspec.inspect.DictType):
        yield from (*patterned(type_.key_type), *patterned(type_.value_type))


def fields() -> dict[str, list[str]]:
    """`Struct.field`, and its patterns, of every struct of the product that has one."""
    list(modules())
    found: dict[str, list[str]] = {}
    waiting = list(msgspec.Struct.__subclasses__())
    while waiting:
        struct = waiting.pop()
        waiting += struct.__subclasses__()
        if not struct.__module__.startswith("feiqian."):
            continue
        for field in msgspec.inspect.type_info(struct).fields:
            if patterns := list(patterned(field.type)):
                found[f"{struct.__name__}.{field.name}"] = patterns
    return found


def test_abuse_89_no_field_takes_a_newline_at_its_end_but_those_that_are_meant_to(obeyed: Callable[..., None]) -> None:
    every = fields()
    assert {"PaymentRequest.merchant_order", "RefundRequest.merchant_refund", "Sale.code"} <= every.keys()
    loose = [f"{name}: {p}" for name, patterns in every.items() for p in patterns if not is_whole(p)]
    obeyed(loose, "a field's pattern is anchored at both ends.", WAY_OUT)
    untried = [f"{name}: {p}" for name, patterns in every.items() for p in patterns if not any(samples(p))]
    obeyed(untried, "each field's pattern is tried with a text.", "add one that it takes to SAMPLES.")
    taking = {name for name, patterns in every.items() if any(may_end_in_a_newline(p) for p in patterns)}
    obeyed(
        sorted(taking ^ MAY_END_IN_A_NEWLINE),
        "only the fields in MAY_END_IN_A_NEWLINE take a newline at their end.",
        "leave the newline out of the field's pattern, or say here why it is meant.",
    )


def is_whole(pattern: str) -> bool:
    tree = list(parser.parse(pattern))
    ends = (constants.AT, constants.AT_BEGINNING), (constants.AT, constants.AT_END_STRING)
    return (tree[0], tree[-1]) == ends and not ends_before_a_newline(pattern)


def samples(pattern: str) -> Iterator[str]:
    return (sample for sample in SAMPLES if re.search(pattern, sample))


def may_end_in_a_newline(pattern: str) -> bool:
    return any(re.search(pattern, sample + "\n") for sample in samples(pattern))
