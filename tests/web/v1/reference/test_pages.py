"""The pages of the reference: all operations are there, and what merchants copy from them runs."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import httpx
import msgspec
import pytest

from feiqian.testing.served import Served
from feiqian.web.v1.description import description
from feiqian.web.v1.reference.pages import OVERVIEW, WHO, Operation, Reference
from feiqian.web.v1.reference.samples import KEY
from feiqian.web.v1.reference.schemas import Schemas

DESCRIPTION = description()
SAMPLE_CODE, SAMPLE_ORDER = "88012345678901234567", "A-1001"
REFUND_KEY = "createRefund-1"
Run = Callable[[str], list[str]]


def bash(text: str) -> list[str]:
    return ["bash", "-c", f"{text} --silent --show-error"]


def python(text: str) -> list[str]:
    return [sys.executable, "-c", text]


@pytest.fixture(scope="module")
def reference(served: Served) -> Reference:
    return Reference(DESCRIPTION.document, served.url)


def test_each_operation_stands_on_the_page_of_its_group_and_the_overview_leads_there(
    served: Served, reference: Reference
) -> None:
    with httpx.Client(base_url=served.url, timeout=60) as client:
        overview = client.get("/v1/docs")
        for group in reference.groups:
            page = client.get(f"/v1/docs/{group.slug}")
            assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
            assert "default-src 'none'" in page.headers["content-security-policy"]
            assert "<script" not in page.text
            for operation in group.operations:
                assert f'id="{operation.id}"' in page.text
                assert f'href="/v1/docs/{group.slug}#{operation.id}"' in overview.text
        assert client.get("/v1/docs/nothing").status_code == 404
    assert {one.id for one in reference.operations} == {one.name for one in DESCRIPTION.operations}
    assert set(reference.pages()) == {OVERVIEW, *(group.slug for group in reference.groups)}


def test_merchants_come_first_and_every_problem_of_an_operation_is_a_link(reference: Reference) -> None:
    assert reference.groups[0].operations[0].id == "createPayment"
    for declared in DESCRIPTION.operations:
        shown = next(one for one in reference.operations if one.id == declared.name)
        assert {problem.type for problem in shown.problems} == {kind.type for kind in declared.problems}


def test_the_sample_of_each_body_is_taken() -> None:
    schemas = Schemas(DESCRIPTION.document["components"]["schemas"])
    for operation in DESCRIPTION.operations:
        if operation.body is None:
            continue
        described = DESCRIPTION.document["paths"][operation.path][operation.method.lower()]
        sample = schemas.sample(described["requestBody"]["content"]["application/json"]["schema"])
        if operation.pictures:
            msgspec.convert(sample, operation.body)
        else:
            assert operation.parse is not None
            assert operation.parse(json.dumps(sample).encode())


def ran(run: Run, text: str, **environment: str) -> Any:
    done = subprocess.run(
        run(text), env=os.environ | environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize(("sample", "run"), [("curl", bash), ("python", python)])
def test_what_merchants_copy_runs(served: Served, reference: Reference, sample: str, run: Run) -> None:
    with served.client() as client:
        key = client.headers["authorization"].removeprefix("Bearer ")
    operations = {one.id: one for one in reference.groups[0].operations}
    order, refund_key = f"docs-{sample}", f"createRefund-{sample}"

    def call(operation: Operation, id: str = "") -> Any:
        (code,) = served.codes(customer)
        text: str = getattr(operation, sample).replace(SAMPLE_CODE, code).replace(SAMPLE_ORDER, order)
        text = text.replace(REFUND_KEY, refund_key)
        return ran(run, text, **{KEY: key, "ID": id})

    customer = served.customer()
    paid = call(operations["createPayment"])
    assert (paid["status"], paid["amount"]) == ("succeeded", 1250)
    refunded = call(operations["createRefund"], paid["id"])
    assert (refunded["status"], refunded["payment"]) == ("succeeded", paid["id"])
    assert call(operations["getPayment"], paid["id"])["id"] == paid["id"]
    assert [one["id"] for one in call(operations["listRefunds"], paid["id"])["data"]] == [refunded["id"]]
    assert call(operations["listPayments"])["data"][0]["id"] == paid["id"]
    assert call(operations["getBalance"])["currency"] == "CNY"


def test_no_two_samples_have_one_number_or_one_key(reference: Reference) -> None:
    """One number names a payment or an order: who tries the samples one after another must not be refused."""
    merchants = [one for one in reference.operations if one.method == "POST" and one.who == WHO["key"]]
    for name in (r'"merchant_\w+": "([^"]+)"', r"Idempotency-Key: ([^']+)'"):
        found = [number for one in merchants for number in re.findall(name, one.curl)]
        assert len(found) >= 5
        assert len(set(found)) == len(found)


def test_orders_and_webhooks_are_made_by_samples_as_they_stand_and_again_by_the_others(
    served: Served, reference: Reference
) -> None:
    """Of the same content with the same key: the second one is a retry, and answered as at first."""
    operations = {one.id: one for one in reference.operations}
    with served.client(1) as client:
        key = client.headers["authorization"].removeprefix("Bearer ")

    def both(name: str, id: str = "") -> Any:
        by_curl, by_python = (
            ran(run, text, **{KEY: key, "ID": id})
            for run, text in ((bash, operations[name].curl), (python, operations[name].python))
        )
        assert by_curl == by_python
        return by_curl

    order = both("createOrder")
    assert (order["status"], both("getOrder", order["id"])) == ("open", order)
    assert both("closeOrder", order["id"])["status"] == "closed"
    endpoint = both("createWebhookEndpoint")
    assert both("rotateWebhookSecret", endpoint["id"])["secret"] != endpoint["secret"]
    delivery = both("testWebhookEndpoint", endpoint["id"])["delivery"]
    assert both("replayWebhook", delivery)["delivery"] != delivery
    assert both("deleteWebhookEndpoint", endpoint["id"])["deleted"]
