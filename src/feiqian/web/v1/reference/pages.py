"""The pages of the reference: an overview, and one for each group of operations (their tag in the document).

Made once from the document, in English, without scripts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any, NamedTuple, Protocol

import jinja2
import msgspec
from markupsafe import Markup

from feiqian.web.assets import url
from feiqian.web.render import TEMPLATES

from .samples import KEY, SESSION, Called, curl, python
from .schemas import Field, NoSample, Schemas

Document = Mapping[str, Any]
OVERVIEW = ""
PROBLEM = re.compile(r"(.+?) \(`(/problems/[a-z0-9-]+)`\)(?:; |\Z)")
WHO = {
    "key": "A merchant, with a key",
    "session": "A customer, with a session",
    "bank": "A system of the bank, with its key",
    "": "Anybody",
}
WHERE = {"path": "in the path", "query": "in the query", "header": "a header"}
TOKENS = {"key": KEY, "session": SESSION, "bank": KEY, "": ""}


class Problem(NamedTuple):
    """One that an operation answers with."""

    status: int
    title: str
    type: str


class Kind(Protocol):
    """A sort of problem, as `web.v1.problems` declares it."""

    @property
    def status(self) -> int: ...
    @property
    def title(self) -> str: ...
    @property
    def type(self) -> str: ...


class Operation(NamedTuple):
    """One operation as its page shows it. `scope`: what a key has to be allowed; `sample`: an answer in JSON; or ""."""

    id: str
    method: str
    path: str
    summary: str
    description: str
    who: str
    scope: str
    parameters: list[Field]
    body: list[Field]
    answer: list[Field]
    problems: list[Problem]
    curl: str
    python: str
    sample: str


class Group(NamedTuple):
    """Operations that belong together."""

    slug: str
    title: str
    text: str
    operations: list[Operation]


class Reference:
    """The pages, by path. `origin`: how the server is reached, for what the samples call."""

    def __init__(self, document: Document, origin: str) -> None:
        self._document, self._origin = document, origin
        self._schemas = Schemas(document["components"]["schemas"])
        self._jinja = jinja2.Environment(
            loader=jinja2.FileSystemLoader(TEMPLATES / "reference"),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self.groups = sorted(self._groups(), key=lambda group: group.operations[0].who != WHO["key"])
        self._jinja.globals |= {"static": url, "groups": self.groups, "info": document["info"]}
        self._jinja.filters |= {"code": with_code, "short": short, "address": self.address}

    def pages(self) -> dict[str, str]:
        """Each page's HTML, by its slug under /v1/docs; OVERVIEW is /v1/docs itself."""
        group = self.groups[0]
        overview = self._jinja.get_template("overview.html").render(
            here="", first_group=group, first=group.operations[0], problems=self.problems
        )
        return {OVERVIEW: overview} | {group.slug: self._of(group) for group in self.groups}

    def problem(self, kind: Kind, retry: bool) -> str:
        """The page of a problem's type: what it says, and which operations answer with it."""
        answering = [one for one in self.operations if any(found.type == kind.type for found in one.problems)]
        phrase = HTTPStatus(kind.status).phrase
        return self._jinja.get_template("problem.html").render(
            here="", kind=kind, phrase=phrase, retry=retry, answering=answering
        )

    @property
    def problems(self) -> list[Problem]:
        """All that operations answer with."""
        return sorted({problem for operation in self.operations for problem in operation.problems})

    def address(self, operation: Operation) -> str:
        """Where an operation is described."""
        slug = next(group.slug for group in self.groups if operation in group.operations)
        return f"/v1/docs/{slug}#{operation.id}"

    @property
    def operations(self) -> list[Operation]:
        return [operation for group in self.groups for operation in group.operations]

    def _of(self, group: Group) -> str:
        return self._jinja.get_template("group.html").render(here=group.slug, group=group)

    def _groups(self) -> Iterator[Group]:
        by_tag: dict[str, list[Operation]] = {}
        for path, methods in self._document["paths"].items():
            for method, operation in sorted(methods.items(), reverse=True):  # first how something is made
                by_tag.setdefault(operation["tags"][0], []).append(self._operation(method.upper(), path, operation))
        for tag in self._document["tags"]:
            slug = "-".join(re.findall("[a-z]+", tag["name"].lower()))
            yield Group(slug, tag["name"], tag.get("description", ""), by_tag[tag["name"]])

    def _operation(self, method: str, path: str, operation: Mapping[str, Any]) -> Operation:
        who, (body, sent), answer = _who(needed := self._needed(operation)), self._body(operation), _answer(operation)
        keys = [one["schema"]["examples"][0] for one in operation.get("parameters", ()) if one["in"] == "header"]
        call = Called(method, self._origin + path, TOKENS[who], sent, "".join(keys))
        return Operation(
            id=operation["operationId"],
            method=method,
            path=path,
            summary=operation["summary"],
            description=operation.get("description", ""),
            who=WHO[who],
            scope=next(iter(needed.get(who, ())), ""),
            parameters=list(self._parameters(operation)),
            body=body,
            answer=self._schemas.fields(answer),
            problems=list(_problems(operation)),
            curl=curl(call),
            python=python(call),
            sample=self._sample(answer),
        )

    def _needed(self, operation: Mapping[str, Any]) -> Mapping[str, list[str]]:
        """The scheme that its caller is known by, and the scopes."""
        needed: Mapping[str, list[str]] = operation.get("security", self._document.get("security", [{}]))[0]
        return needed

    def _parameters(self, operation: Mapping[str, Any]) -> Iterator[Field]:
        for one in operation.get("parameters", ()):
            schema = one["schema"]
            text = one.get("description") or schema.get("description", "")
            where = WHERE[one["in"]]
            words = self._schemas.words(schema).removesuffix(" or null")  # which a query cannot say
            yield Field(one["name"], f"{words}, {where}", one.get("required", False), text)

    def _body(self, operation: Mapping[str, Any]) -> tuple[list[Field], Any]:
        """The fields of the body, and a sample of it; None where there is none."""
        if "requestBody" not in operation:
            return [], None
        schema = operation["requestBody"]["content"]["application/json"]["schema"]
        return self._schemas.fields(schema), self._sampled(schema)

    def _sampled(self, schema: Mapping[str, Any]) -> Any:
        """None where an example is missing."""
        try:
            return self._schemas.sample(schema)
        except NoSample:
            return None

    def _sample(self, answer: Mapping[str, Any]) -> str:
        sample = self._sampled(answer)
        return "" if sample is None else msgspec.json.format(msgspec.json.encode(sample), indent=2).decode()


def with_code(text: str) -> Markup:
    """Text whose parts in backticks are code."""
    parts = text.split("`")
    return Markup("").join(Markup("<code>{}</code>").format(part) if i % 2 else part for i, part in enumerate(parts))


def short(summary: str) -> str:
    """A summary's beginning, for the menu."""
    return re.split("[:;,]", summary.replace("`", ""))[0]


def _who(needed: Mapping[str, list[str]]) -> str:
    return next(iter(needed), "")


def _answer(operation: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema of what is answered in JSON; {} where it is none."""
    schema: Mapping[str, Any] = _content(operation).get("application/json", {}).get("schema", {})
    return schema


def _content(operation: Mapping[str, Any]) -> Mapping[str, Any]:
    good = next(answer for status, answer in operation["responses"].items() if status.startswith("2"))
    content: Mapping[str, Any] = good.get("content", {})
    return content


def _problems(operation: Mapping[str, Any]) -> Iterator[Problem]:
    for status, answer in operation["responses"].items():
        for title, type in PROBLEM.findall(answer["description"]):
            yield Problem(int(status), title, type)
