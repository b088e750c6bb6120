"""Schemathesis asks every operation of the description whatever it can think of: no 5xx, no undocumented answer."""

from __future__ import annotations

from importlib.metadata import version

import hypothesis
import schemathesis
from schemathesis import checks
from schemathesis.specs.openapi import checks as described

from feiqian.api.openapi import document
from feiqian.api.routes import ROUTES
from feiqian.testing.served import Served

EXAMPLES = 60  # of each operation and each way of making them
HELD_TO = [
    checks.not_a_server_error,
    described.status_code_conformance,
    described.content_type_conformance,
    described.response_headers_conformance,
    described.response_schema_conformance,
    described.negative_data_rejection,
    described.unsupported_method,
]
schema = schemathesis.openapi.from_dict(document(ROUTES, version("feiqian")))


@schema.parametrize()
@hypothesis.settings(
    max_examples=EXAMPLES,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=list(hypothesis.HealthCheck),
)
def test_every_answer_is_one_that_is_documented(case: schemathesis.Case, served: Served) -> None:
    headers = {"Authorization": f"Bearer {served.merchants[0].key}"}
    response = case.call(base_url=served.url, headers=headers)
    case.validate_response(response, checks=HELD_TO, headers=headers)
