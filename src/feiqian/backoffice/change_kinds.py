"""What can be changed by two: what a feature says of each kind in its `changes.py`, and all kinds of a bank, by name.

Carrying out is idempotent, because a change that was approved is carried out again after a crash.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, Generic, NamedTuple, Protocol, TypeVar

import msgspec
from sqlalchemy import Connection

from feiqian.backoffice.errors import ChangeInvalid
from feiqian.backoffice.members import Members
from feiqian.backoffice.model import Change, StaffRole
from feiqian.customers.registry import Customers
from feiqian.money import Money
from feiqian.runtime.transactions import Transactions
from feiqian.subjects import Role, Subject
from feiqian.texts import Texts

V = TypeVar("V", bound=msgspec.Struct)
LAST = 100


class Nothing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Values of a kind that says all."""


class Effect(NamedTuple):
    """A balance or limit before a change and after it: minor units of the currency among the change's values."""

    before: int
    after: int


class Fact(NamedTuple):
    """A line on the page of a change; `code` is something to copy."""

    label: str
    text: str
    code: bool = False


class Words(Protocol):
    """Says values in the language of whoever looks. Pages have one."""

    @property
    def texts(self) -> Texts: ...

    def amount(self, amount: Money) -> str: ...

    def when(self, at: int) -> str:
        """A time, as it stands inside a sentence."""


class Fields(Protocol):
    """A form as it was filled in; "" for what was not."""

    def __getitem__(self, name: str) -> str: ...


class ChangeKind(ABC, Generic[V]):
    """One kind. What it is called is on disk, and in the text "staff.kind.<name>". Most are proposed by supporters,
    about customers."""

    name: ClassVar[str]
    values: ClassVar[type[msgspec.Struct]]  # what is kept of a change
    proposers: ClassVar[frozenset[StaffRole]] = frozenset({StaffRole.SUPPORTER})  # any one of these roles
    about: ClassVar[frozenset[Role]] = frozenset({Role.CUSTOMER})  # whose accounts it changes
    order: ClassVar[int] = LAST  # where it stands among those that can be proposed
    form: ClassVar[str] = ""  # the template of its fields, besides the reason
    fields: ClassVar[Mapping[str, str]] = {}  # which of them is wrong, by ChangeInvalid's reason
    has_effect: ClassVar[bool] = False  # `effect` says something
    confirmed: ClassVar[tuple[str, ...]] = ()  # values that who approves reads with their factors, besides an amount
    capped: ClassVar[bool] = False  # an `amount` of a `currency`, which counts towards the ceilings of staff

    # --- does it make sense, and doing it --------------------------------------------------------------------------

    async def possible(self, about: Subject) -> bool:
        """Whether a page offers it now."""
        return True

    @abstractmethod
    async def check(self, about: Subject, values: V) -> None:
        """Raises ChangeInvalid for what makes no sense now. It may again be otherwise when it is approved."""

    @abstractmethod
    async def apply(self, change: Change, values: V, by: Subject) -> None:
        """Carries it out, again and again with one outcome; `by` approved it. Raises its feature's errors."""

    async def effect(self, about: Subject, values: V) -> Effect | None:
        """What a change of an amount finds and would leave, as things stand now."""
        return None

    def tell(self, connection: Connection, change: Change, values: V, now: int) -> None:
        """Tells the customer that it was carried out, where `apply` has not; in the transaction that says so."""
        return

    # --- how it is shown -------------------------------------------------------------------------------------------

    async def choices(self, about: Subject, words: Words) -> Mapping[str, object]:
        """What the template `form` is given besides `form`."""
        return {}

    def read(self, form: Fields) -> dict[str, object]:
        """The values that a form proposes. Raises MoneyInvalid, ChangeInvalid."""
        return {}

    @abstractmethod
    def text(self, values: V, words: Words) -> str:
        """What would be changed, in a few words: "Remote → Full"."""

    def facts(self, change: Change, values: V, words: Words) -> Sequence[Fact]:
        """What else an approver has to know of it."""
        return ()


Kind = ChangeKind[Any]


class ChangeKinds:
    """All kinds of one bank. A name that no kind has is ChangeInvalid: "kind"."""

    def __init__(
        self, kinds: Iterable[Kind], transactions: Transactions, customers: Customers, members: Members
    ) -> None:
        """Raises ValueError for two kinds of one name."""
        self._transactions, self._customers, self._members = transactions, customers, members
        self._kinds: dict[str, Kind] = {}
        for kind in sorted(kinds, key=lambda kind: kind.order):
            if kind.name in self._kinds:
                raise ValueError(f"two kinds of changes are called {kind.name!r}")
            self._kinds[kind.name] = kind

    @property
    def capped(self) -> tuple[str, ...]:
        """The names of those that count towards the ceilings of staff."""
        return tuple(kind.name for kind in self._kinds.values() if kind.capped)

    def find(self, name: str) -> Kind:
        """Raises ChangeInvalid."""
        if name not in self._kinds:
            raise ChangeInvalid("kind")
        return self._kinds[name]

    def of(self, role: Role) -> list[Kind]:
        """Those that change accounts of this role, in order."""
        return [kind for kind in self._kinds.values() if role in kind.about]

    async def possible(self, about: Subject) -> list[Kind]:
        """Those that would make sense now."""
        return [kind for kind in self.of(about.role) if await kind.possible(about)]

    async def check(self, name: str, about: Subject, values: Mapping[str, object]) -> None:
        """Raises ChangeInvalid."""
        kind, converted = self.read(name, values)
        if about.role not in kind.about or not await self._transactions.read(self._is_there, about):
            raise ChangeInvalid("about")
        await kind.check(about, converted)

    async def apply(self, change: Change, by: Subject) -> None:
        """Carries it out; `by` approved it. Raises the errors of the features that do it."""
        kind, values = self.read(change.kind, change.values)
        await kind.apply(change, values, by)

    async def effect(self, name: str, about: Subject, values: Mapping[str, object]) -> Effect | None:
        """As `ChangeKind.effect`. Raises ChangeInvalid."""
        kind, converted = self.read(name, values)
        return await kind.effect(about, converted)

    def read(self, name: str, values: Mapping[str, object]) -> tuple[Kind, Any]:
        """The kind of this name, and a change's values as it takes them. Raises ChangeInvalid."""
        kind = self.find(name)
        try:
            return kind, msgspec.convert(dict(values), kind.values)
        except msgspec.ValidationError:
            raise ChangeInvalid("values") from None

    def _is_there(self, connection: Connection, about: Subject) -> bool:
        if about.role is Role.CUSTOMER:
            return self._customers.known(about.customer)
        return about.number in self._members.names(connection)
