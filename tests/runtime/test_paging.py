"""Pages of a list that grows: every row once, in order, both ways, however many rows come and go meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
from sqlalchemy import Column, Connection, Engine, Index, Integer, MetaData, String, Table, create_engine, event, select

from feiqian.runtime.paging import FIRST, Ask, Order, Page, asked, page_of

METADATA = MetaData()
rows = Table(
    "rows",
    METADATA,
    Column("id", String(36), primary_key=True),
    Column("state", String(8), nullable=False),
    Column("at", Integer, nullable=False),
    Index("rows_waiting", "state", "at"),
)
numbered = Table("numbered", METADATA, Column("number", Integer, primary_key=True))
NEWEST = Order((rows.c.at, rows.c.id))
OLDEST = NEWEST._replace(newest_first=False)
OPEN = select(rows).where(rows.c.state == "open")


@pytest.fixture
def engine() -> Iterator[Engine]:
    engine = create_engine("sqlite://")
    METADATA.create_all(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    with engine.connect() as connection:
        yield connection


def add(connection: Connection, *named: tuple[str, int], state: str = "open") -> None:
    connection.execute(rows.insert(), [{"id": id, "state": state, "at": at} for id, at in named])


def ids(page: Page[Any]) -> list[str]:
    return [row.id for row in page.items]


def walk(connection: Connection, order: Order, limit: int, older: bool) -> list[list[str]]:
    """All pages from the first on, or back from the last one to it."""
    page, found = page_of(connection, OPEN, order, FIRST, limit), []
    while True:
        found.append(ids(page))
        cursor = page.older if older else page.newer
        if not cursor:
            return found
        page = page_of(connection, OPEN, order, Ask(before=cursor) if older else Ask(after=cursor), limit)


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 20, 21, 100])
@pytest.mark.parametrize("order", [NEWEST, OLDEST])
def test_every_row_is_on_one_page_in_order(connection: Connection, order: Order, limit: int) -> None:
    random = Random(limit)
    add(connection, *((f"r{number:02}", random.randrange(6)) for number in range(21)))  # many at one moment
    add(connection, ("x1", 3), ("x2", 0), state="closed")
    expected = [row.id for row in connection.execute(OPEN.order_by(rows.c.at, rows.c.id))]
    found = walk(connection, order, limit, older=order.newest_first)
    assert [id for page in found for id in page] == (expected[::-1] if order.newest_first else expected)
    assert all(len(page) == limit for page in found[:-1])
    assert found[-1]


@pytest.mark.parametrize("order", [NEWEST, OLDEST])
def test_the_way_back_shows_the_same_pages(connection: Connection, order: Order) -> None:
    add(connection, *((f"r{number}", number) for number in range(9)))
    first = page_of(connection, OPEN, order, FIRST, 3)
    onwards = Ask(before=first.older) if order.newest_first else Ask(after=first.newer)
    second = page_of(connection, OPEN, order, onwards, 3)
    assert (first.newer if order.newest_first else first.older) == ""
    back = Ask(after=second.newer) if order.newest_first else Ask(before=second.older)
    assert page_of(connection, OPEN, order, back, 3) == first


def test_new_rows_move_nothing_to_another_page(connection: Connection) -> None:
    add(connection, *((f"r{number}", number) for number in range(6)))
    first = page_of(connection, OPEN, NEWEST, FIRST, 3)
    add(connection, *((f"s{number}", 10 + number) for number in range(4)))
    second = page_of(connection, OPEN, NEWEST, Ask(before=first.older), 3)
    assert (ids(first), ids(second)) == (["r5", "r4", "r3"], ["r2", "r1", "r0"])
    assert ids(page_of(connection, OPEN, NEWEST, Ask(after=second.newer), 3)) == ids(first)


def test_a_cursor_stays_good_when_its_row_has_left_the_list(connection: Connection) -> None:
    add(connection, *((f"r{number}", number) for number in range(6)))
    first = page_of(connection, OPEN, OLDEST, FIRST, 2)
    connection.execute(rows.update().where(rows.c.id == first.newer).values(state="closed"))
    second = page_of(connection, OPEN, OLDEST, Ask(after=first.newer), 2)
    assert ids(second) == ["r2", "r3"]
    assert second.older == "r2"


@pytest.mark.parametrize("cursor", ["nothing", "x" * 41, "-1", "९", "9" * 20, "' OR 1=1 --"])
def test_what_is_no_cursor_asks_for_the_first_page(connection: Connection, cursor: str) -> None:
    add(connection, ("r1", 1), ("r2", 2))
    connection.execute(numbered.insert(), [{"number": number} for number in range(1, 4)])
    first = page_of(connection, OPEN, NEWEST, FIRST, 1)
    assert page_of(connection, OPEN, NEWEST, Ask(before=cursor), 1) == first
    numbers = Order((numbered.c.number,))
    assert page_of(connection, select(numbered), numbers, Ask(after=cursor), 2).items[0].number == 3


def test_beyond_the_end_is_the_first_page(connection: Connection) -> None:
    assert page_of(connection, OPEN, NEWEST, FIRST, 2) == Page(())
    add(connection, ("r1", 1), ("r2", 2))
    assert ids(page_of(connection, OPEN, NEWEST, Ask(before="r1"), 2)) == ["r2", "r1"]
    assert asked(Ask(before="r1")) == {"before": "r1"}


def test_a_page_costs_an_index_and_no_more_rows_the_further_it_is(engine: Engine, connection: Connection) -> None:
    add(connection, *((f"r{number:05}", number) for number in range(2_000)))
    statements: list[tuple[str, Any]] = []
    event.listen(engine, "before_cursor_execute", lambda *given: statements.append((given[2], given[3])))
    page_of(connection, OPEN, OLDEST, Ask(after="r01500"), 20)
    plans = [
        " ".join(step[3] for step in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", given))
        for text, given in list(statements)
    ]
    assert len(plans) == 3
    assert all("rows_waiting (state=? AND at" in plan for plan in plans[1:])
    assert not any("SCAN" in plan for plan in plans)
