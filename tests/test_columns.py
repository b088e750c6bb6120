"""What columns convert: values go in, the same text is stored as ever, and values come out."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pytest
from sqlalchemy import Column, Connection, Integer, MetaData, Table, create_engine, insert, select, text

from feiqian.auth.challenges.tables import challenges
from feiqian.columns import BY, SUBJECT, Encoded, Sealed, Words
from feiqian.field_cipher import KEY_BYTES, FieldCipher, SealBroken
from feiqian.ids import CustomerNumber
from feiqian.policy.factors import Factor
from feiqian.subjects import customer, staff

PLACE = Sealed("kept/text")
KEPT = Table(
    "kept",
    MetaData(),
    Column("id", Integer, primary_key=True),
    *SUBJECT.columns(),
    *BY.columns(),
    Column("factors", Words(Factor, 80, "+"), nullable=False),
    Column("text", PLACE),
    Column("values", Encoded[dict[str, int]](msgspec.json.encode, msgspec.json.decode)),
)
LI = customer(CustomerNumber(7))
CIPHER = FieldCipher(bytes(KEY_BYTES))


@pytest.fixture
def connection() -> Iterator[Connection]:
    with create_engine("sqlite://").begin() as connection:
        KEPT.create(connection)
        yield connection


def test_values_are_stored_as_their_text_and_read_as_values(connection: Connection) -> None:
    row = {"id": 1, "factors": (Factor.PIN, Factor.SMS), "text": PLACE.seal(CIPHER, "private", 1)}
    connection.execute(insert(KEPT).values(row | SUBJECT.values(LI) | BY.values(None)))
    stored = connection.execute(text("SELECT role, number, by_role, by_number, factors FROM kept")).one()
    assert tuple(stored) == ("customer", 7, "", 0, "pin+sms")
    read = connection.execute(select(KEPT)).one()
    assert (SUBJECT.of(read), read.by_role, read.factors) == (LI, None, (Factor.PIN, Factor.SMS))
    assert PLACE.text(CIPHER, read.text, read.id) == "private"
    assert PLACE.text(CIPHER, None, read.id) == ""


def test_values_of_several_parts_are_stored_as_bytes(connection: Connection) -> None:
    row = {"id": 1, "factors": (), "values": {"amount": 5}} | SUBJECT.values(LI) | BY.values(None)
    connection.execute(insert(KEPT).values(row))
    assert tuple(connection.execute(text('SELECT "values" FROM kept')).one()) == (b'{"amount":5}',)
    connection.execute(insert(KEPT).values(row | {"id": 2, "values": None}))
    read = connection.execute(select(KEPT.c["values"]).order_by(KEPT.c.id)).scalars().all()
    assert read == [{"amount": 5}, None]


def test_rows_are_found_by_their_subject(connection: Connection) -> None:
    for id, subject in ((1, LI), (2, staff(7)), (3, customer(CustomerNumber(8)))):
        row = {"id": id, "factors": ()} | SUBJECT.values(subject) | BY.values(subject)
        connection.execute(insert(KEPT).values(row))
    found = select(KEPT.c.id).where(SUBJECT.are(KEPT, LI), KEPT.c.factors == ())
    assert connection.execute(found).scalars().all() == [1]


def test_what_is_sealed_for_one_row_is_no_other_rows() -> None:
    sealed = PLACE.seal(CIPHER, "private", 1)
    assert CIPHER.open(sealed, "kept/text/1") == b"private"
    with pytest.raises(SealBroken):
        PLACE.open(CIPHER, sealed, 2)


def test_combinations_of_factors_are_stored_in_order_of_their_names() -> None:
    kept = challenges.c.combinations.type
    combinations = (frozenset({Factor.SMS, Factor.PIN}), frozenset({Factor.PASSKEY}))
    dialect = create_engine("sqlite://").dialect
    stored = kept.bind_processor(dialect)(combinations)
    assert stored == "pin+sms|passkey"
    assert kept.result_processor(dialect, None)(stored) == combinations
