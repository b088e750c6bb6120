"""Types in words and samples, from schemas as msgspec writes them."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Annotated, Any, Literal

import msgspec
import pytest

from feiqian.strings.patterns import LINE, matching, published
from feiqian.web.v1.reference.schemas import Field, NoSample, Schemas

Digit = Annotated[int, msgspec.Meta(ge=1, le=100, examples=[7])]


Name = Annotated[str, matching(LINE, min_length=1, max_length=40, description="As on the receipt.", examples=["tea"])]


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Item(msgspec.Struct):
    """One thing that is sold."""

    name: Annotated[
        str, matching(LINE, min_length=1, max_length=40, description="As on the receipt.", examples=["tea"])
    ]
    count: Digit


class Basket(msgspec.Struct):
    items: Annotated[list[Item], msgspec.Meta(min_length=1, max_length=50)]
    colour: Colour
    gift: bool = False
    until: datetime | None = None
    note: Annotated[str, msgspec.Meta(max_length=9, examples=["thanks"])] = ""


class Unsaid(msgspec.Struct):
    number: str


def of(type: Any) -> tuple[Schemas, dict[str, Any]]:
    (schema,), components = msgspec.json.schema_components([type], ref_template="#/components/schemas/{name}")
    return Schemas(published(components)), published(schema)


@pytest.mark.parametrize(
    ("type", "words"),
    [
        (str, "a text"),
        (Annotated[str, msgspec.Meta(min_length=6, max_length=6)], "a text of 6 characters"),
        (Annotated[str, msgspec.Meta(min_length=1, max_length=64)], "a text of 1 to 64 characters"),
        (Annotated[str, matching(LINE, max_length=140)], "a line of at most 140 characters"),
        (int, "a whole number"),
        (Annotated[int, msgspec.Meta(ge=1, le=100)], "a whole number from 1 to 100"),
        (Annotated[int, msgspec.Meta(ge=1000)], "a whole number from 1,000 on"),
        (bool, "true or false"),
        (Annotated[datetime, msgspec.Meta(tz=True)], "a time (RFC 3339)"),
        (str | None, "a text or null"),
        (Literal["sms", "email"], "one of email, sms"),
        (Literal["", "totp"], "one of “”, totp"),
        (Colour, "one of blue, red"),
        (list[str], "a list of texts"),
        (list[Item], "a list of objects"),
        (Annotated[list[Item], msgspec.Meta(max_length=3)], "a list of at most 3 objects"),
        (bytes, "bytes in base64"),
    ],
)
def test_a_type_in_words(type: Any, words: str) -> None:
    schemas, schema = of(type)
    assert schemas.words(schema) == words


def test_the_fields_of_objects_within_objects_have_a_path() -> None:
    schemas, schema = of(Basket)
    fields = schemas.fields(schema)
    assert [field.path for field in fields] == [
        "items",
        "items[].name",
        "items[].count",
        "colour",
        "gift",
        "until",
        "note",
    ]
    assert fields[1] == Field("items[].name", "a line of 1 to 40 characters", True, "As on the receipt.")
    assert not fields[4].required


def test_a_sample_has_what_is_required_and_what_has_an_example_and_is_taken_by_the_type() -> None:
    schemas, schema = of(Basket)
    sample = schemas.sample(schema)
    assert sample == {"items": [{"name": "tea", "count": 7}], "colour": "blue", "note": "thanks"}
    msgspec.convert(sample, Basket)


def test_without_an_example_of_what_is_required_there_is_no_sample() -> None:
    schemas, schema = of(Unsaid)
    with pytest.raises(NoSample):
        schemas.sample(schema)
