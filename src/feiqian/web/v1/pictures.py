"""Requests with pictures: the body goes to the disk as it comes, and a worker process takes it apart.

The event loop neither holds nor parses it. Small ones are parsed at once, so that what is wrong with them is explained.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from feiqian.kyc.images import FILES
from feiqian.workers.bodies import split_json
from feiqian.workers.frames import Refused
from feiqian.workers.process import JobKilled

from . import problems
from .call import Answer, CustomerCall, Route, Visitor
from .parse import PARSED_BYTES, BodyParser, check_media_type, headers_of, spool_body
from .problems import ProblemError

if TYPE_CHECKING:
    from feiqian.runtime.uploads import Spool
    from feiqian.services import Services

EXPECTED = 'The body must be {"images": ["base64", …]}, with one to three pictures and nothing else.'


async def with_pictures(
    services: Services,
    scope: Any,
    receive: Callable[[], Awaitable[Any]],
    route: Route,
    parser: BodyParser,
    visitor: Visitor,
) -> Answer:
    """Reads the body and has the route's handler answer. Raises ProblemError; TooBusy beyond the bounds of uploads."""
    content_type, content_length, _ = headers_of(scope["headers"])
    check_media_type(content_type)
    assert visitor.session is not None, "only customers send pictures"
    key = str(visitor.session.subject)
    async with services.uploads.room(key) as spool:
        await spool_body(receive, content_length, route.body_limit, spool)
        small = spool.small(PARSED_BYTES)
        body = parser.parse(small) if small is not None else await _split(services, route, spool, key)
        return await route.handler(CustomerCall(services, visitor, "", body, None))


async def _split(services: Services, route: Route, spool: Spool, key: str) -> Any:
    try:
        images = await services.workers.run(split_json, [await spool.part()], key)
    except (Refused, JobKilled):
        raise ProblemError(problems.INVALID, EXPECTED) from None
    if not 1 <= len(images) <= FILES:
        raise ProblemError(problems.INVALID, EXPECTED)
    assert route.body is not None, "a route with pictures has a body"
    return route.body(images=images)
