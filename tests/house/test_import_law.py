"""The import law, as data: the architecture's picture is this table, and code that leaves it fails here."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

from sources import Source

BASE = {"clock", "errors", "events", "folder", "headers", "hosts", "ids", "latin", "money", "normal", "patterns"}
BASE |= {"subjects", "texts"}
TOOLS = {"alarms", "data_key", "db", "holdings", "logs", "metrics", "network", "sealing", "settings", "shares"}
TOOLS |= {"sweeping", "typed", "uploads", "visible", "work", "workers"}
# What stands on what among the features, from the ground up; each may use those above it in this table that it names.
FEATURES = {
    "policy": set(),
    "trail": set(),
    "notify": {"policy"},
    "sessions": {"policy"},
    "identity": {"policy"},
    "cases": {"trail"},
    "accounts": {"policy"},
    "verification": {"policy", "notify"},
    "customers": {"policy", "trail", "notify", "sessions", "identity", "cases", "accounts", "verification"},
    "merchants": set(),
    "payments": {"policy", "accounts", "verification", "customers", "merchants"},
    "staff": {"policy", "trail", "notify", "sessions", "identity", "cases", "accounts", "verification", "customers"}
    | {"merchants", "payments"},
}
ANY = None

# Each folder or module of src/feiqian, and what of the project it may import beside itself.
MAY_IMPORT: dict[str, set[str] | None] = {
    "errors": set(),
    "events": set(),
    "subjects": set(),
    "headers": set(),
    "hosts": set(),
    "texts": {"headers"},
    "normal": set(),
    "latin": {"normal"},
    "folder": {"errors"},
    "ids": {"clock", "errors"},
    "clock": {"errors"},
    "money": {"errors"},
    "logs": {"visible"},
    "visible": set(),
    "patterns": set(),
    "metrics": set(),
    "alarms": {"logs", "metrics"},
    "shares": {"errors"},
    "network": set(),
    "files": {"errors", "logs"},
    "turns": {"network"},
    "work": {"alarms", "errors", "logs", "metrics", "network", "turns"},
    "workers": {"alarms", "logs", "metrics", "supervise", "work"},
    "uploads": {"alarms", "logs", "metrics", "work", "workers"},
    "sealing": {"errors", "folder"},
    "settings": {"clock", "errors", "hosts", "money", "network"},
    "place": {"errors"},
    "db": {"errors", "folder", "place", "settings"},
    "holdings": {"alarms", "metrics"},
    "sweeping": {"clock", "db", "logs", "work"},
    "data_key": {"db", "sealing"},
    "ledger": BASE - {"events", "headers", "hosts", "patterns", "subjects", "texts"} | {"place"},
    **{name: BASE | TOOLS | {"ledger"} | below for name, below in FEATURES.items()},
    "payments": BASE | TOOLS | {"ledger", "projections"} | FEATURES["payments"],
    "staff": BASE | TOOLS | {"ledger", "projections"} | FEATURES["staff"],
    "projections": BASE | TOOLS | {"ledger"},
    "services": BASE | TOOLS | set(FEATURES) | {"ledger", "projections"},
    "api": BASE | TOOLS | set(FEATURES) | {"ledger", "projections", "services"},
    "web": BASE | TOOLS | set(FEATURES) | {"api", "ledger", "projections", "services"},
    "supervise": TOOLS,
    "seeding": BASE | TOOLS | set(FEATURES) | {"ledger", "projections"},
    "testing": ANY,
    "serving": ANY,
    "app": ANY,
    "__main__": {"cli"},
    "cli": ANY,
    "commands": ANY,
    "demo": ANY,
    "bench": ANY,
}
MAY_IMPORT_APP = {"__main__", "app", "cli", "commands", "demo", "bench", "testing"}
ON_TOP = {"__main__", "cli", "commands", "demo", "bench", "testing"}  # nothing below may import these


def imports(source: Source) -> Iterator[tuple[int, str]]:
    """The line and the project module (`ledger.chart`) or name in it (`ledger.chart.transfer`) of each import."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [f"{origin(source, node)}.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            if name.startswith("feiqian."):
                yield node.lineno, name.removeprefix("feiqian.")


def origin(source: Source, node: ast.ImportFrom) -> str:
    """The whole name of the module that is imported from, whether written out or relative."""
    if not node.level:
        return node.module or ""
    folder = source.path.removeprefix("src/").removesuffix(".py").split("/")[: -node.level]
    return ".".join([*folder, *([node.module] if node.module else [])])


def test_every_import_keeps_the_law(product: list[Source], obeyed: Callable[..., None]) -> None:
    findings = []
    for source in product:
        here = source.module.split(".")[0]
        allowed = MAY_IMPORT.get(here, set()) if here else set()
        for line, name in imports(source):
            there = name.split(".")[0]
            if there != here and allowed is not ANY and there not in allowed:
                findings.append(f"{source.path}:{line} {here or 'feiqian'} imports {there}")
    obeyed(
        findings,
        "web, api → features → ledger → money, clock, ids, errors; never back.",
        "move what is shared downwards, or hand it in as an argument from app.py. The table is MAY_IMPORT.",
    )


def test_every_module_has_its_place_in_the_law(product: list[Source], obeyed: Callable[..., None]) -> None:
    here = {source.module.split(".")[0] for source in product} - {""}
    obeyed(
        [f"src/feiqian/{name}" for name in sorted(here - MAY_IMPORT.keys())],
        "every module and folder says what it may import.",
        "add a row to MAY_IMPORT in tests/house/test_import_law.py, and to docs/ARCHITECTURE.md.",
    )


def test_only_the_outermost_import_the_composition_root(product: list[Source], obeyed: Callable[..., None]) -> None:
    findings = [
        f"{source.path}:{line} imports {name}"
        for source in product
        for line, name in imports(source)
        if (name.split(".")[0] == "app" and source.module.split(".")[0] not in MAY_IMPORT_APP)
        or (name.split(".")[0] in ON_TOP and source.module.split(".")[0] not in MAY_IMPORT_APP)
    ]
    obeyed(findings, "nothing imports app, but what starts it.", "take what you need as an argument.")


def test_the_protocol_of_the_engine_imports_nothing_of_the_project(
    product: list[Source], obeyed: Callable[..., None]
) -> None:
    parts = {"ledger.engine", "ledger.spec_dump", "ledger.spec_state"}
    allowed = {"ledger.engine": set(), "ledger.native": {"ledger.engine"}}
    allowed |= {module: parts - {module} for module in ("ledger.spec", "ledger.spec_dump", "ledger.spec_state")}
    findings = [
        f"{source.path}:{line} imports {name}"
        for source in product
        if source.module in allowed
        for line, name in imports(source)
        if not any(name.startswith(f"{module}.") or name == module for module in allowed[source.module])
    ]
    obeyed(findings, "the engine stands alone: no clock, no I/O, nothing of payments.", "move it to ledger/ledger.py.")


def test_a_feature_reaches_another_only_by_its_public_names(product: list[Source], obeyed: Callable[..., None]) -> None:
    findings = [
        f"{source.path}:{line} imports {name}"
        for source in product
        for line, name in imports(source)
        if source.module.split(".")[0] != name.split(".")[0] and any(part.startswith("_") for part in name.split("."))
    ]
    obeyed(findings, "another folder's private names stay private.", "give it a public function there.")


def test_a_feature_never_names_anothers_tables(product: list[Source], obeyed: Callable[..., None]) -> None:
    findings = [
        f"{source.path}:{line} imports {name}"
        for source in product
        for line, name in imports(source)
        if source.module.split(".")[0] in FEATURES
        and name.split(".")[0] in {*FEATURES, "projections"}
        and name.split(".")[0] != source.module.split(".")[0]
        and name.split(".")[1:2] in (["tables"], ["schema"])
    ]
    obeyed(findings, "a feature asks another by function, never by its tables.", "add a function to the other feature.")
