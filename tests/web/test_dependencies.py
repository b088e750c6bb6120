"""What handlers are given is provided in one task, so that no turn ends before it; long paths are not remembered."""

from __future__ import annotations

import asyncio
from typing import Any

from fakes import still_demo
from litestar.routes import HTTPRoute

from feiqian import features
from feiqian.demo.pages import routes
from feiqian.web.application import NOWHERE, OWN, Pages, application
from feiqian.web.bounds import LONGEST_PATH
from feiqian.web.site import Site


def test_no_handler_is_given_things_that_are_provided_at_the_same_time(site: Site) -> None:
    app = application(site, [*OWN, *features.pages(), *routes(still_demo(site.services))])
    beside = {
        (handler.handler_name, *sorted(dependency.key for dependency in batch))
        for route in app.routes
        if isinstance(route, HTTPRoute)
        for handler, model in route.route_handler_map.values()
        for batch in model.dependency_batches
        if len(batch) > 1
    }
    assert beside == set()


def test_paths_that_are_longer_than_any_are_not_remembered(site: Site) -> None:
    """The framework keeps the newest paths that it has routed, whoever asks."""
    seen: list[str] = []

    async def framework(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope["path"])

    pages = Pages(site, OWN)
    pages.app = framework  # type: ignore[assignment]
    for path in ("/wallet", "/" + "x" * (LONGEST_PATH - 1), "/" + "x" * LONGEST_PATH):
        asyncio.run(pages({"path": path, "raw_path": path.encode()}, None, None))
    assert seen == ["/wallet", "/" + "x" * (LONGEST_PATH - 1), NOWHERE]
