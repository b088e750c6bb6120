"""What features register with the staff's console is whole: names of their own, and texts and templates for them."""

from __future__ import annotations

from feiqian import features
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
