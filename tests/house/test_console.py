"""What features register with the staff's console is whole: names of their own, and texts and templates for them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from sources import Source

from feiqian import features
from feiqian.auth.challenges.answers import SLOW
from feiqian.backoffice.change_kinds import ChangeKind
from feiqian.backoffice.staff_queues import StaffQueue
from feiqian.backoffice.support_sections import SupportSection
from feiqian.backoffice.tables import changes
from feiqian.texts import PACKAGE, english

KINDS: list[type[ChangeKind]] = [kind for module in features.modules("changes") for kind in module.CHANGES]
QUEUES: list[type[StaffQueue]] = [queue for module in features.modules("queues") for queue in module.QUEUES]
SECTIONS: list[type[SupportSection]] = [one for module in features.modules("support") for one in module.SUPPORT]


def there(template: str) -> bool:
    feature, name = template.split("/")
    return (PACKAGE / feature / "templates" / name).is_file()


def test_every_kind_of_change_has_a_name_of_its_own_that_fits_its_column_and_a_text() -> None:
    names = [kind.name for kind in KINDS]
    assert len(set(names)) == len(names) >= 6
    assert max(map(len, names)) <= changes.c.kind.type.length
    assert {f"staff.kind.{name}" for name in names} <= set(english.catalogue)
    assert [kind.form for kind in KINDS if kind.form and not there(kind.form)] == []


def test_every_queue_has_a_name_of_its_own_and_its_texts() -> None:
    names = [queue.name for queue in QUEUES]
    assert len(set(names)) == len(names) >= 3
    keys = {key for name in names for key in (f"staff.nav.{name}", f"staff.queue.{name}", f"staff.queue.{name}.text")}
    assert keys <= set(english.catalogue)


def test_every_section_of_the_support_view_has_its_template() -> None:
    assert len(SECTIONS) >= 6
    assert [one.template for one in SECTIONS if not there(one.template)] == []


HELPERS = ("._note", "._record", "audit_log.append", "audit_log.record")


def actions(tree: ast.Module) -> Iterator[str]:
    """What is written to the audit log, as patterns: the first text that its methods, or helpers of them, are given."""
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and any(ast.unparse(one).endswith(HELPERS) for one in (call.func, *call.args)):
            texts = [arg for arg in call.args if isinstance(arg, (ast.Constant, ast.JoinedStr, ast.IfExp))]
            yield from (
                one for text in texts[:1] for one in patterns(text) if ":" not in one
            )  # which begins whom it is about


def patterns(text: ast.expr) -> list[str]:
    if isinstance(text, ast.IfExp):
        return patterns(text.body) + patterns(text.orelse)
    if isinstance(text, ast.JoinedStr):
        return ["".join(re.escape(one.value) if isinstance(one, ast.Constant) else "[a-z]+" for one in text.values)]
    return [re.escape(text.value)] if isinstance(text, ast.Constant) and isinstance(text.value, str) else []


def test_every_act_that_the_audit_log_tells_has_words(product: list[Source]) -> None:
    found = {pattern for source in product for pattern in actions(source.tree)}
    assert len(found) >= 35
    said = {key.removeprefix("staff.action.") for key in english.catalogue if key.startswith("staff.action.")}
    assert [pattern for pattern in found if not any(re.fullmatch(pattern, action) for action in said)] == []
    assert {f"{factor}_changed" for factor in SLOW} <= said
