"""What a supporter sees of a customer: what a feature says of each section in its `support.py`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar, Generic, Literal, NamedTuple, TypeVar

from sqlalchemy import Connection

from feiqian.ids import CustomerNumber
from feiqian.runtime.paging import FIRST, Ask, Page

Line = TypeVar("Line")


class SupportSection(ABC):
    """One section. The template has macros for what it shows: `panel` (a section of the page), `tags` (beside the
    name), `facts` (lines of the profile), `summary` (lines of a form about the customer). Each is given what `look`
    returns, the customer's file, and `who`, which names a subject; of the page it knows nothing else.
    """

    template: ClassVar[str]
    shows: ClassVar[frozenset[str]] = frozenset({"panel"})  # which of these macros it has
    column: ClassVar[Literal["narrow", "wide"]] = "narrow"  # where its panel stands
    order: ClassVar[int]  # from the top; below 50 before what the console itself shows

    def read(self, connection: Connection, number: CustomerNumber) -> Any:
        """What of it is in the bank's database; all sections read in one transaction."""
        return None

    async def look(self, number: CustomerNumber, kept: Any) -> Any:
        """What it shows of the customer of this number; `kept` is what `read` returned. The audit log has the look."""
        return kept


class SupportList(SupportSection):
    """One of which there is always more: its panel shows a page, with ways to the pages beside it."""

    name: ClassVar[str]  # in addresses, and in the text "staff.list.<name>"

    def read(self, connection: Connection, number: CustomerNumber) -> Any:
        return self.page(connection, number, FIRST)

    @abstractmethod
    def page(self, connection: Connection, number: CustomerNumber, ask: Ask) -> Any:
        """As `read`, of this page."""


class Shown(NamedTuple, Generic[Line]):
    """A page of what a read model has; `incomplete`: something is missing in the list."""

    page: Page[Line]
    incomplete: bool


class ReadModelList(SupportList):
    """One whose lines are in a read model, not in the bank's database: `look` finds the page that was asked for."""

    def page(self, connection: Connection, number: CustomerNumber, ask: Ask) -> Ask:
        return ask
