"""JSON Schemas in words, as rows of a table, and as samples. Of the kinds that msgspec writes, and no others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from feiqian.strings.patterns import LINE

Schema = Mapping[str, Any]
DEEPEST = 4  # objects within objects that a table opens
_ONE_LINE = {f"^{LINE}$", f"^({LINE})$"}
_MOMENT = "2026-11-27T10:15:00.123456+08:00"
_SIMPLE = {"boolean": "true or false", "null": "null", "object": "an object"}
_MANY = {"a text": "texts", "a line": "lines", "a whole number": "whole numbers"}
_FORMATS = {"date-time": "a time (RFC 3339)", "date": "a date (ISO 8601)"}


class Field(NamedTuple):
    """One row. `path` has the objects around it: `data[].id`."""

    path: str
    type: str
    required: bool
    text: str


class NoSample(Exception):
    """The schema has no example for something that it requires."""


class Schemas:
    """Reads schemas whose references lead into `components` of one document."""

    def __init__(self, components: Mapping[str, Schema]) -> None:
        self._components = components

    def resolve(self, schema: Schema) -> Schema:
        """What a reference leads to; anything else is itself. What stands beside the reference goes before."""
        if "$ref" not in schema:
            return schema
        found = self.resolve(self._components[schema["$ref"].rsplit("/", 1)[1]])
        return {**found, **{name: value for name, value in schema.items() if name != "$ref"}}

    def words(self, schema: Schema) -> str:
        """The type as a person says it."""
        schema = self.resolve(schema)
        if "anyOf" in schema:
            return " or ".join(self.words(choice) for choice in schema["anyOf"])
        if "const" in schema:
            return f"always {schema['const']!r}"
        if "enum" in schema:
            return "one of " + ", ".join(str(value) or "“”" for value in schema["enum"])
        kind = schema.get("type", "")
        if kind == "array":
            return f"a list of {_bounds(schema, 'minItems', 'maxItems')}{self._many(schema.get('items', {}))}"
        if kind == "integer":
            return f"a whole number{_range(schema)}"
        return _text(schema) if kind == "string" else _SIMPLE.get(kind, "any JSON")

    def _many(self, schema: Schema) -> str:
        schema = self.resolve(schema)
        if schema.get("type") == "object":
            return "objects"
        words = self.words(schema)
        one = next((one for one in _MANY if words.startswith(one)), "")
        return _MANY[one] + words.removeprefix(one) if one else words

    def fields(self, schema: Schema) -> list[Field]:
        """The fields of an object and of the objects within it."""
        return list(self._fields(self.resolve(schema), "", DEEPEST))

    def _fields(self, schema: Schema, before: str, left: int) -> Iterator[Field]:
        required = schema.get("required", ())
        for name, field in schema.get("properties", {}).items():
            whole = self.resolve(field)
            yield Field(before + name, self.words(field), name in required, whole.get("description", ""))
            inner, path = self._inner(whole, before + name)
            if left and inner.get("properties"):
                yield from self._fields(inner, f"{path}.", left - 1)

    def _inner(self, schema: Schema, path: str) -> tuple[Schema, str]:
        """The object within a field that is one, may be one, or is a list of such."""
        if "anyOf" in schema:
            objects = [self.resolve(choice) for choice in schema["anyOf"]]
            schema = next((choice for choice in objects if choice.get("type") == "object"), {})
        if schema.get("type") == "array":
            return self.resolve(schema.get("items", {})), f"{path}[]"
        return schema, path

    def sample(self, schema: Schema) -> Any:
        """A value of examples. Raises NoSample where something required has none."""
        schema = self.resolve(schema)
        if "examples" in schema:
            return schema["examples"][0]
        if "anyOf" in schema:
            return self._first_of(schema["anyOf"])
        if "const" in schema or "enum" in schema:
            return schema["const"] if "const" in schema else schema["enum"][0]
        match schema.get("type"):
            case "object" if "properties" in schema:
                return dict(self._samples(schema))
            case "array":
                return [self.sample(schema["items"])]
            case "boolean" | "null" as kind:
                return False if kind == "boolean" else None
            case "string" if schema.get("format") == "date-time":
                return _MOMENT
        raise NoSample

    def _first_of(self, choices: list[Schema]) -> Any:
        for choice in choices:
            try:
                return self.sample(choice)
            except NoSample:
                continue
        raise NoSample

    def _samples(self, schema: Schema) -> Iterator[tuple[str, Any]]:
        for name, field in schema["properties"].items():
            if name in schema.get("required", ()) or "examples" in self.resolve(field):
                yield name, self.sample(field)


def _text(schema: Schema) -> str:
    if "format" in schema:
        return _FORMATS.get(schema["format"], f"a text ({schema['format']})")
    if schema.get("contentEncoding"):
        return f"bytes in {schema['contentEncoding']}"
    line = "a line" if schema.get("pattern") in _ONE_LINE else "a text"
    length = _bounds(schema, "minLength", "maxLength")
    return f"{line} of {length}characters" if length else line


def _bounds(schema: Schema, least: str, most: str) -> str:
    """Ends with a blank; "" where there are none."""
    low, high = schema.get(least), schema.get(most)
    if low and high:
        return f"{low} " if low == high else f"{low} to {high} "
    if high:
        return f"at most {high} "
    return f"at least {low} " if low else ""


def _range(schema: Schema) -> str:
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is not None and high is not None:
        return f" from {low:,} to {high:,}"
    if low is not None:
        return f" from {low:,} on"
    return f" up to {high:,}" if high is not None else ""
