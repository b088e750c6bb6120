"""What payments over HTTP are compared with: a constant JSON answer of uvicorn, one process, on the same machine.

The application is plain ASGI and does nothing else; httptools, uvloop and a log of each request are uvicorn's own
choice, and the log can be left out. The process ends with its standard input, so also when who has started it is gone.
"""

from __future__ import annotations

import logging
import os
import socket
import subprocess
import sys
import urllib.request
from contextlib import suppress
from threading import Thread
from typing import Any, Self

import uvicorn

from feiqian.web.server.listen import bind, port_of

from .processor import processor_seconds

BODY = b'{"id":"pay_1","status":"succeeded"}'
HEADERS = [(b"content-type", b"application/json"), (b"content-length", str(len(BODY)).encode())]
START_SECONDS, STOP_SECONDS = 30, 10


async def answer(_scope: Any, _receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    await send({"type": "http.response.body", "body": BODY})


def serve(descriptor: int, *, access_log: bool) -> None:
    """Answers on this listening socket until the standard input ends."""
    config = uvicorn.Config(answer, http="httptools", loop="uvloop", lifespan="off", access_log=access_log)
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)  # nothing about starting and stopping
    server = uvicorn.Server(config)

    def stop_at_end() -> None:
        os.read(0, 1)
        server.should_exit = server.force_exit = True

    Thread(target=stop_at_end, daemon=True).start()
    with suppress(KeyboardInterrupt):
        server.run([socket.socket(fileno=descriptor)])  # uvicorn's own `fd` takes it for a Unix socket: no TCP_NODELAY


class Trivial:
    """A context manager: the server runs inside it."""

    def __init__(self, *, access_log: bool) -> None:
        self._access_log = access_log

    def __enter__(self) -> Self:
        [listening] = bind("127.0.0.1", 0)
        with listening:
            listening.listen(1024)
            descriptor = listening.fileno()
            command = [sys.executable, "-m", "feiqian.bench.trivial", str(descriptor), str(int(self._access_log))]
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, pass_fds=[descriptor]
            )
            self.url = f"http://127.0.0.1:{port_of(listening)}"
        try:
            urllib.request.urlopen(self.url, timeout=START_SECONDS).close()
        except BaseException as error:
            self.__exit__()
            raise SystemExit("feiqian bench: the trivial server does not answer") from error
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self._process.communicate(timeout=STOP_SECONDS)  # ends its standard input
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()

    def processor_seconds(self) -> float:
        return processor_seconds(self._process.pid)


if __name__ == "__main__":
    serve(int(sys.argv[1]), access_log=sys.argv[2] == "1")
