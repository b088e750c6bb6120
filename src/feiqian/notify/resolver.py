"""Looks up names that strangers say, and refuses those that lead to any address which may not be connected to.

In threads of its own: a name server that does not answer, which may be a stranger's, holds up no other look-up.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from aiohttp.abc import AbstractResolver, ResolveResult

from feiqian.notify.addresses import ForbiddenAddress, is_public

_FLAGS = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV


class CheckedResolver(AbstractResolver):
    """Of one sender, which has `at_once` sendings under way. `may_be` says what may be connected to."""

    def __init__(self, at_once: int, may_be: Callable[[str], bool] = is_public) -> None:
        self._may_be = may_be
        self._threads = ThreadPoolExecutor(at_once, thread_name_prefix="names")

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Raises OSError; ForbiddenAddress is one."""
        ask = partial(socket.getaddrinfo, host, port, family, socket.SOCK_STREAM, 0, socket.AI_ADDRCONFIG)
        found = await asyncio.get_running_loop().run_in_executor(self._threads, ask)
        if not all(self._may_be(str(address[0])) for *_, address in found):
            raise ForbiddenAddress("not a public address")
        return [
            ResolveResult(hostname=host, host=str(address[0]), port=port, family=kind, proto=proto, flags=_FLAGS)
            for kind, _, proto, _, address in found
        ]

    async def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
