"""Looks up names of receivers, and refuses those that lead to any address which may not be connected to.

In threads of its own: a name server that does not answer, which a merchant may have, holds up no other look-up.
"""

from __future__ import annotations

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from aiohttp.abc import AbstractResolver, ResolveResult

from feiqian.notify.addresses import ForbiddenAddress, is_public
from feiqian.webhooks.targets import is_loopback

THREADS = 128  # as many as there are webhooks under way

_FLAGS = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV


class CheckedResolver(AbstractResolver):
    """Of one sender. `loopback`: this machine may be connected to, too."""

    def __init__(self, *, loopback: bool) -> None:
        self._loopback = loopback
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="webhook-names")

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

    def _may_be(self, address: str) -> bool:
        return is_public(address) or (self._loopback and is_loopback(address))
