"""Columns that convert: members of an enumeration, subjects, and text that is sealed. Rows hold values, not their text.

What is stored is what it always was; tables say how, and nobody else.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from functools import cached_property
from typing import Any, Generic, TypeVar

from sqlalchemy import Column, ColumnElement, Dialect, LargeBinary, String, Table, and_
from sqlalchemy.types import TypeDecorator

from feiqian.db import BIG
from feiqian.field_cipher import FieldCipher
from feiqian.subjects import Role, Subject

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)


class Converted(TypeDecorator[T]):
    """What all share. A type's part of the key of a compiled statement is made once: SQLAlchemy makes it each time."""

    cache_ok = True  # of each subclass, too: SQLAlchemy asks the class itself

    @cached_property
    def _static_cache_key(self) -> Any:
        return super()._static_cache_key


class Word(Converted[E], Generic[E]):
    """A member of an enumeration, by its value; None where the text is empty."""

    impl, cache_ok = String, True

    def __init__(self, of: type[E], length: int) -> None:
        super().__init__(length)
        self.of = of

    def process_bind_param(self, value: E | str | None, dialect: Dialect) -> str | None:
        return None if value is None else str(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> E | None:
        return self.of(value) if value else None


class Words(Converted[tuple[E, ...]], Generic[E]):
    """Members of an enumeration in their order, by their values, with a mark between."""

    impl, cache_ok = String, True

    def __init__(self, of: type[E], length: int, mark: str = ",") -> None:
        super().__init__(length)
        self.of, self.mark = of, mark

    def process_bind_param(self, value: tuple[E, ...] | None, dialect: Dialect) -> str | None:
        return None if value is None else self.mark.join(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> tuple[E, ...]:
        return tuple(map(self.of, value.split(self.mark))) if value else ()


class Encoded(Converted[T], Generic[T]):
    """A value of several parts, by a codec of its own."""

    impl, cache_ok = LargeBinary, True

    def __init__(self, encode: Callable[[T], bytes], decode: Callable[[bytes], T]) -> None:
        super().__init__()
        self.encode, self.decode = encode, decode

    def process_bind_param(self, value: T | None, dialect: Dialect) -> bytes | None:
        return None if value is None else self.encode(value)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> T | None:
        return None if value is None else self.decode(value)


class Sealed(Converted[bytes]):
    """What is encrypted, for its row only: `place` and the row's key are the context (`FieldCipher.seal`)."""

    impl, cache_ok = LargeBinary, True

    def __init__(self, place: str) -> None:
        super().__init__()
        self.place = place

    def seal(self, cipher: FieldCipher, plain: str | bytes, key: object) -> bytes:
        """What to store in the row of this key."""
        return cipher.seal(plain.encode() if isinstance(plain, str) else plain, f"{self.place}/{key}")

    def open(self, cipher: FieldCipher, sealed: bytes, key: object) -> bytes:
        """What was sealed in the row of this key. Raises SealBroken."""
        return cipher.open(bytes(sealed), f"{self.place}/{key}")

    def text(self, cipher: FieldCipher, sealed: bytes | None, key: object) -> str:
        """The same, of text; "" where there is nothing. Raises SealBroken."""
        return self.open(cipher, sealed, key).decode() if sealed else ""


class SubjectColumns:
    """The two columns of a subject, by their names."""

    def __init__(self, role: str = "role", number: str = "number") -> None:
        self._role, self._number = self._names = role, number

    def columns(self, *, primary_key: bool = False, nullable: bool = False) -> tuple[Column[Any], Column[Any]]:
        """For the table's declaration."""
        return (
            Column(self._role, Word(Role, 10), nullable=nullable, primary_key=primary_key),
            Column(self._number, BIG, nullable=nullable, primary_key=primary_key, autoincrement=False),
        )

    def values(self, subject: Subject | None) -> dict[str, Any]:
        """What to insert or update; of nobody in particular an empty role."""
        return {self._role: "", self._number: 0} if subject is None else dict(zip(self._names, subject, strict=True))

    def are(self, table: Table, subject: Subject) -> ColumnElement[bool]:
        """The rows of one subject."""
        return and_(table.c[self._role] == subject.role, table.c[self._number] == subject.number)

    def of(self, row: Any) -> Subject:
        """The subject of a row, which has one."""
        return Subject(getattr(row, self._role), getattr(row, self._number))


SUBJECT, BY = SubjectColumns(), SubjectColumns("by_role", "by_number")
