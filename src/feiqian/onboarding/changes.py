"""What two of the staff can change of a customer's standing: the level."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import msgspec

from feiqian.backoffice.change_kinds import ChangeKind, Fields, Words
from feiqian.backoffice.errors import ChangeInvalid
from feiqian.backoffice.model import Change, StaffRole
from feiqian.backoffice.pages.words import level_name
from feiqian.services import Services
from feiqian.subjects import Subject


class LevelValues(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Names of the policy's levels: the new one, and the one that it was proposed to be changed from."""

    level: str
    before: str


class SetLevel(ChangeKind[LevelValues]):
    """Another level of the policy."""

    name = "set_level"
    values = LevelValues
    proposers = frozenset({StaffRole.SUPPORTER, StaffRole.REVIEWER})
    order = 10
    confirmed = ("before", "level")
    form = "onboarding/propose_level.html"
    fields: ClassVar[Mapping[str, str]] = {"level": "level", "level_same": "level"}

    def __init__(self, services: Services) -> None:
        self._policy, self._customers, self._real_name = services.policy, services.customers, services.real_name

    async def check(self, about: Subject, values: LevelValues) -> None:
        if values.level not in {level.name for level in self._policy.levels}:
            raise ChangeInvalid("level")
        if values.before != self._level(about):
            raise ChangeInvalid("level_moved")
        if values.level == values.before:
            raise ChangeInvalid("level_same")
        await self._check_reviewed(about, values)

    async def apply(self, change: Change, values: LevelValues, by: Subject) -> None:
        if self._level(change.about) not in (values.before, values.level):
            raise ChangeInvalid("level_moved")
        await self._check_reviewed(change.about, values)
        await self._real_name.raise_level(change.about.customer, values.level, by)

    async def choices(self, about: Subject, words: Words) -> Mapping[str, object]:
        now = self._level(about)
        others = [(level.name, level_name(words, level.name)) for level in self._policy.levels if level.name != now]
        return {"before": now, "levels": others}

    def read(self, form: Fields) -> dict[str, object]:
        return {"level": form["level"], "before": form["before"]}

    def text(self, values: LevelValues, words: Words) -> str:
        before, after = (level_name(words, name) for name in (values.before, values.level))
        return words.texts("staff.change.level", before=before, after=after)

    async def _check_reviewed(self, about: Subject, values: LevelValues) -> None:
        """Whose identity staff have to decide is not raised past them."""
        raised = self._policy.level(values.level).index > self._policy.level(values.before).index
        if raised and await self._real_name.is_being_reviewed(about.customer):
            raise ChangeInvalid("review_waits")

    def _level(self, about: Subject) -> str:
        return self._policy.level_numbered(self._customers.standing(about.customer)).name


CHANGES = (SetLevel,)
