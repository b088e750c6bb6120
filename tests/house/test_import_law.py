"""The import law, as data: the architecture's picture is this table, and code that leaves it fails here."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from sources import Source, imports

from feiqian import features

ANY = None
FEATURES = (*features.FEATURES, *features.GUESTS)
STANDS_ON = {name: set(import_module(f"feiqian.{name}").STANDS_ON) for name in FEATURES}
# What a feature shows and tells.
FACES = {"api", "pages", "wallet", "changes", "queues", "support", "outbound", "movements"}
CONSOLE = {"backoffice"}  # which all faces may know

BASE = {"clock", "errors", "events", "folder", "ids", "money", "strings", "subjects", "texts"}
TOOLS = {"columns", "data_key", "db", "runtime", "field_cipher", "settings", "workers", "printing"}
LEDGER = {"ledger", "projections"}
# Each module or folder that is no feature, and what of the project it may import beside itself.
MAY_IMPORT: dict[str, set[str] | None] = {
    "errors": set(),
    "events": {"ids", "money"},
    "subjects": {"ids"},
    "strings": set(),
    "features": {"backoffice", "errors", "outbox", "payments", "policy", "projections", "services", "web"},
    "texts": {"strings"},
    "folder": {"errors"},
    "clock": {"errors"},
    "money": {"errors", "strings"},
    "ids": {"clock", "errors"},
    "field_cipher": {"errors", "folder"},
    "settings": {"clock", "errors", "money", "runtime", "strings"},
    "migrations": set(),
    "db": {"errors", "folder", "migrations", "runtime", "settings"},
    "columns": {"db", "field_cipher", "subjects"},
    "data_key": {"db", "field_cipher"},
    "runtime": {"clock", "db", "errors", "strings", "workers"},
    "workers": {"runtime"},
    "printing": {"clock", "errors", "runtime", "workers"},
    "ledger": {"clock", "errors", "folder", "ids", "money", "runtime"},
    "projections": BASE | TOOLS | {"ledger"},
    "services": BASE | TOOLS | LEDGER | set(features.FEATURES),
    "web": BASE | TOOLS | LEDGER | set(features.FEATURES) | {"features", "services"},
    "testing": ANY,
    "serving": ANY,
    "app": ANY,
    "composition": ANY,
    "__main__": {"cli"},
    "cli": ANY,
    "commands": ANY,
    "bench": ANY,
}
BESIDES = {
    name: {"projections"} for name in ("payments", "orders", "activity", "transfers", "scheduled")
}  # whose rules ask a read model
# Nothing below may import these.
ON_TOP = {"__main__", "app", "composition", "cli", "commands", "demo", "bench", "test_bank", "testing"}


def allowed(module: str) -> set[str] | None:
    """What a module may import, by the first part of its name; for a feature, its faces may import more."""
    name, *inner = module.split(".")
    if name not in FEATURES:
        return MAY_IMPORT.get(name, set()) if name else set()
    if name in features.GUESTS or inner[:1] == ["commands"]:
        return ANY
    known = BASE | TOOLS | {"ledger"} | STANDS_ON[name] | BESIDES.get(name, set())
    if inner[:1] == ["read_model"]:
        return known | {"projections"}
    return known | LEDGER | CONSOLE | {"services", "web"} if FACES & set(inner[:1]) else known


def test_every_import_keeps_the_law(product: list[Source], obeyed: Callable[..., None]) -> None:
    findings = []
    for source in product:
        here, may = source.module.split(".")[0], allowed(source.module)
        for line, name in imports(source):
            there = name.split(".")[0]
            if there != here and may is not ANY and there not in may:
                findings.append(f"{source.path}:{line} {source.module} imports {there}")
    obeyed(
        findings,
        "faces → features → ledger → money, clock, ids, errors; a feature only what its STANDS_ON names; never back.",
        "move what is shared downwards, or hand it in from composition. The tables: MAY_IMPORT and each STANDS_ON.",
    )


def test_features_stand_on_each_other_without_a_cycle() -> None:
    placed: list[str] = []
    for name in FEATURES:
        assert STANDS_ON[name] <= set(placed), f"{name} stands on what comes after it in features.FEATURES"
        placed.append(name)


def test_only_faces_know_faces(product: list[Source], obeyed: Callable[..., None]) -> None:
    findings = [
        f"{source.path}:{line} imports {name}"
        for source in product
        for line, name in imports(source)
        if name.split(".")[0] in FEATURES
        and set(name.split(".")[1:2]) & FACES
        and not (source.module.split(".")[0] in FEATURES and set(source.module.split(".")[1:2]) & FACES)
        and source.module.split(".")[0] not in ON_TOP
    ]
    obeyed(findings, "rules know no pages and no operations.", "move what is shared to the feature or to web/.")


def test_every_module_has_its_place_in_the_law(product: list[Source], obeyed: Callable[..., None]) -> None:
    here = {source.module.split(".")[0] for source in product} - {""}
    obeyed(
        [f"src/feiqian/{name}" for name in sorted(here - MAY_IMPORT.keys() - set(FEATURES))],
        "every module and folder says what it may import.",
        "a feature goes into features.FEATURES; all else into MAY_IMPORT in tests/house/test_import_law.py.",
    )


def test_only_the_outermost_import_the_composition_root(product: list[Source], obeyed: Callable[..., None]) -> None:
    findings = [
        f"{source.path}:{line} imports {name}"
        for source in product
        for line, name in imports(source)
        if name.split(".")[0] in ON_TOP
        and source.module.split(".")[0] not in ON_TOP
        and source.module.split(".")[1:2] != ["commands"]
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
        and {"tables", "schema"} & set(name.split(".")[1:])
    ]
    obeyed(findings, "a feature asks another by function, never by its tables.", "add a function to the other feature.")
