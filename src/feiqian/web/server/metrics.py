"""The application of the listener for metrics: they say how much business the bank does, so clients do not get them."""

from __future__ import annotations

from typing import Any

from feiqian.runtime.metrics import Metrics
from feiqian.web.v1 import problems
from feiqian.web.v1.answers import Answer, render, send_answer
from feiqian.web.v1.problems import ProblemError

PATH = "/metrics"
CONNECTIONS, IN_FLIGHT = 32, 4
MEDIA_TYPE = b"text/plain; version=0.0.4; charset=utf-8"


class MetricsApp:
    """GET /metrics, and nothing else."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        found = scope["method"] == "GET" and scope["raw_path"] == PATH.encode()
        answer = Answer(200, self._metrics.render(), MEDIA_TYPE) if found else render(ProblemError(problems.NOT_FOUND))
        await send_answer(scope, send, answer)
