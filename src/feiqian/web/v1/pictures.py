"""Requests with pictures: the body goes to the disk as it comes, and a worker process takes it apart.

The event loop neither holds nor parses it. Small ones are parsed at once, so that what is wrong with them is explained.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from feiqian.kyc.images import FILES
from feiqian.workers.bodies import split_json
from feiqian.workers.frames import Refused
from feiqian.workers.process import JobKilled

from . import problems
from .answers import Message, Receive
from .authenticate import Visitor
from .operations import Operation
from .parse import PARSED_BYTES, check_media_type, headers_of, spool_body
from .problems import ProblemError

if TYPE_CHECKING:
    from feiqian.runtime.uploads import Spool
    from feiqian.services import Services

EXPECTED = 'The body must be {"images": ["base64", …]}, with one to three pictures and nothing else.'


@asynccontextmanager
async def sent_pictures(
    services: Services, operation: Operation, visitor: Visitor, scope: Message, receive: Receive
) -> AsyncIterator[Any]:
    """The body; its room is held until it is done with. Raises ProblemError; TooBusy beyond the bounds of uploads."""
    content_type, content_length, _ = headers_of(scope["headers"])
    check_media_type(content_type)
    assert visitor.session is not None, "only customers send pictures"
    assert operation.parse is not None, "an operation with pictures has a body"
    key = str(visitor.session.subject)
    async with services.uploads.room(key) as spool:
        await spool_body(receive, content_length, operation.body_limit, spool)
        small = spool.small(PARSED_BYTES)
        yield operation.parse(small) if small is not None else await _split(services, operation, spool, key)


async def _split(services: Services, operation: Operation, spool: Spool, key: str) -> Any:
    try:
        images = await services.workers.run(split_json, [await spool.part()], key)
    except (Refused, JobKilled):
        raise ProblemError(problems.INVALID, EXPECTED) from None
    if not 1 <= len(images) <= FILES:
        raise ProblemError(problems.INVALID, EXPECTED)
    assert operation.body is not None
    return operation.body(images=images)
