"""The application of /v1: every operation but the hot one, the API's description, and whether the server lives.

The framework finds the operation and calls its handler; this says what it does not say as we do, and measures.
"""

from __future__ import annotations

import time
from typing import Any

from litestar.datastructures import State

from feiqian import features
from feiqian.runtime.shares import Admission
from feiqian.services import Services
from feiqian.web.bounds import LONGEST_PATH

from . import problems
from .answers import Message, Receive, Send, render
from .authenticate import Authenticator
from .callers import Callers
from .framework import ANSWERED, UNROUTED, ApiResponse, litestar
from .operations import operation_of
from .plain import Describing, plain
from .problems import ProblemError

PATHS = ("/v1", "/problems/", "/healthz", "/readyz", "/metrics")  # what is ours; everything else is pages
_NOT_FOUND = ApiResponse(render(ProblemError(problems.NOT_FOUND))).to_asgi_response()


class Api:
    """The ASGI application of all that is at PATHS."""

    def __init__(self, services: Services, admission: Admission, authenticate: Authenticator) -> None:
        self._metrics = services.metrics
        self.callers = Callers(services, admission, authenticate)
        handlers = [*features.operations(), *plain(Describing(services.settings.public_origin))]
        self._app: Any = litestar(handlers, middleware=[self.callers.around], state=State({"services": services}))

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        start, path = time.perf_counter(), scope["path"]
        if scope["method"] == "OPTIONS":
            scope = {**scope, "method": "-"}  # which the framework would answer by itself
        # It would pass over a slash at the end.
        nothing = len(path) > LONGEST_PATH or (path.endswith("/") and path != "/")
        await (_NOT_FOUND if nothing else self._app)(scope, receive, send)
        handler = scope.get("route_handler")
        operation = operation_of(handler) if handler is not None else None
        if ANSWERED in scope and (operation is not None or handler is None):
            name = operation.name if operation is not None else UNROUTED
            self._metrics.observe(name, scope[ANSWERED], time.perf_counter() - start)
