"""The OpenAPI document is valid, complete, and says what the server does; no error is left unmapped."""

from __future__ import annotations

import asyncio
import importlib
import pkgutil
import sys
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from markupsafe import escape

import feiqian
from feiqian import features
from feiqian.errors import FeiqianError, LedgerStopped
from feiqian.merchants.request_keys import KEY_SECONDS
from feiqian.testing.served import Served
from feiqian.web.v1 import problems
from feiqian.web.v1.description import description
from feiqian.web.v1.plain import Describing, Made, plain

DESCRIPTION = description()


@pytest.fixture(scope="module")
def document(served: Served) -> dict[str, Any]:
    answer = httpx.get(f"{served.url}/v1/openapi.json", timeout=60)
    assert answer.headers["content-type"] == "application/json"
    found: dict[str, Any] = answer.json()
    return found


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if "$ref" in node:
            yield node["$ref"]
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def test_the_document_has_the_structure_of_openapi_3_1(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1.")
    assert {"title", "version"} <= document["info"].keys()
    names = set()
    for path, operations in document["paths"].items():
        assert path.startswith("/v1/")
        for method, operation in operations.items():
            assert method in ("get", "post")
            names.add(operation["operationId"])
            assert operation["summary"]
            for status, response in operation["responses"].items():
                assert 200 <= int(status) <= 599
                assert response["description"]
                assert len(response["content"]) == 1 or operation["operationId"] == "downloadStatement"
            in_path = [p["name"] for p in operation.get("parameters", []) if p["in"] == "path"]
            assert in_path == (["id"] if "{id}" in path else [])
            for parameter in operation.get("parameters", []):
                assert parameter["schema"]
                assert parameter["required"] is True or parameter["in"] in ("query", "header")
    assert len(names) == len(DESCRIPTION.operations)


def test_an_idempotency_key_is_a_parameter_of_what_takes_one_and_is_kept_for_three_days(
    document: dict[str, Any],
) -> None:
    """Which operations those are: tests/house/test_request_keys.py."""
    takes = {}
    for operations in document["paths"].values():
        for operation in operations.values():
            for parameter in operation.get("parameters", []):
                if parameter["in"] == "header":
                    takes[operation["operationId"]] = parameter
    assert len(takes) >= 14
    for name, parameter in takes.items():
        assert (parameter["name"], parameter["required"]) == ("Idempotency-Key", False)
        assert "72 hours" in parameter["description"]
        assert parameter["schema"]["pattern"] == "^[A-Za-z0-9._:-]{1,64}$"
        assert parameter["schema"]["examples"] == [f"{name}-1"], "in the samples: another one for each"
    assert KEY_SECONDS >= 72 * 3600


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    for reference in references(document):
        node: Any = document
        for part in reference.removeprefix("#/").split("/"):
            node = node[part]
        assert isinstance(node, dict)


def test_bodies_are_bounded_and_closed(document: dict[str, Any]) -> None:
    for name in ("PaymentRequest", "RefundRequest"):
        schema = document["components"]["schemas"][name]
        assert schema["additionalProperties"] is False
        for field in schema["properties"].values():
            assert "pattern" in field or "maximum" in field or "maxLength" in field


NOT_SERVED = {"bench", "demo", "test_bank", "testing"}  # whose errors cannot reach a bank's client


def errors(of: type[FeiqianError]) -> Iterator[type[FeiqianError]]:
    for error in of.__subclasses__():
        yield error
        yield from errors(error)


def test_no_error_of_the_product_is_left_unmapped() -> None:
    for module in pkgutil.walk_packages(feiqian.__path__, "feiqian."):
        top, last = module.name.split(".")[1], module.name.split(".")[-1]
        if top not in NOT_SERVED and not last.startswith("_"):
            importlib.import_module(module.name)
    everything = [error for error in errors(FeiqianError) if error.__module__.startswith("feiqian.")]
    reach = [error for error in everything if error.__module__.split(".")[1] not in NOT_SERVED]
    unmapped = [error for error in reach if not any(cls in problems.kinds() for cls in error.__mro__)]
    leaves = [error for error in unmapped if not error.__subclasses__()]
    assert leaves == []


def test_every_problem_has_a_type_of_its_own() -> None:
    kinds = DESCRIPTION.problems
    assert len({kind.slug for kind in kinds}) == len(kinds)
    for kind in kinds:
        assert 400 <= kind.status <= 599
        assert kind.type == f"/problems/{kind.slug}"
    assert {kind for kind in kinds if kind.status == 503} <= {k for k in kinds if dict(k.headers).get(b"retry-after")}


def test_the_type_of_every_problem_leads_to_a_page_that_says_what_it_is(served: Served) -> None:
    loaded = [vars(module) for name, module in sys.modules.items() if name.split(".")[0] == "feiqian"]
    kinds = {value for names in loaded for value in names.values() if isinstance(value, problems.Kind)}
    assert kinds == set(DESCRIPTION.problems)
    with httpx.Client(base_url=served.url, timeout=60) as client:
        for kind in kinds:
            page = client.get(kind.type)
            assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8"), kind.type
            assert kind.type in page.text
            assert escape(kind.title) in page.text
            assert client.head(kind.type).headers["content-length"] == str(len(page.content))
        answered = client.get("/v1/payments").json()
        assert client.get(answered["type"]).status_code == 200
        assert client.get("/problems/none-of-them").json()["type"] == problems.NOT_FOUND.type


def test_every_problem_of_a_feature_is_described_with_some_operation() -> None:
    described = {kind for operation in DESCRIPTION.operations for kind in operation.problems}
    assert set(features.problems().values()) <= described


def test_no_error_is_declared_by_two_features() -> None:
    declared = [error for module in features.modules("api") for error in module.PROBLEMS]
    assert len(declared) == len(set(declared))
    assert not set(declared) & set(problems.PROBLEMS)
    assert set(features.told()) <= set(declared)


def test_a_stopped_ledger_is_an_unknown_outcome_and_tells_no_more() -> None:
    problem = problems.from_error(LedgerStopped("disk /dev/sda failed"))
    assert problem.kind is problems.OUTCOME_UNKNOWN
    assert "disk" not in str(problem.problem)
    assert problems.from_error(FeiqianError("x")).kind is problems.INTERNAL


def test_whole_numbers_that_are_sent_are_said_to_be_digits_alone(document: dict[str, Any]) -> None:
    operations = [operation for path in document["paths"].values() for operation in path.values()]
    schemas = [parameter["schema"] for said in operations for parameter in said.get("parameters", [])]
    for said in operations:
        for content in said.get("requestBody", {}).get("content", {}).values():
            name = content["schema"]["$ref"].rsplit("/", 1)[1]
            schemas += document["components"]["schemas"][name]["properties"].values()
    numbers = [schema for schema in schemas if schema.get("type") == "integer"]
    assert len(numbers) >= 4
    assert all("10.0 and 1e1 are refused" in schema["description"] for schema in numbers)


def test_a_start_makes_no_description_and_those_who_ask_at_once_make_one() -> None:
    description.cache_clear()
    describing = Describing("http://bank.example")
    assert plain(describing)
    assert description.cache_info().currsize == 0

    async def asked() -> list[Made]:
        return await asyncio.gather(describing.made(), describing.made())

    first, second = asyncio.run(asked())
    assert first is second
    assert description.cache_info().currsize == 1
