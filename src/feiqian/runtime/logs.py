"""Structured logs: JSON lines (or coloured text on a terminal), with everything secret taken out before it is written.

Redaction is the last thing before rendering and looks at names and at contents, so that a secret in an exception's text
or in a library's message does not get out either.
"""

from __future__ import annotations

import logging
import re
import sys
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict, Processor

from feiqian.strings.visible import shown

REDACTED = "[redacted]"
SECRET_NAMES = frozenset(
    {"authorization", "payment_code", "code", "codes", "key", "api_key", "pin", "password", "secret", "token", "cookie"}
)
# Payment codes (20 digits, perhaps grouped), card numbers (13 to 19 digits), API keys, webhooks' secrets, what stands
# in Authorization, and tokens of sessions and invitations (43 characters of base64url, `auth.sessions.tokens`).
SECRET_TEXT = re.compile(
    r"fq_(?:test|live)_[A-Za-z0-9_-]+|whsec_[A-Za-z0-9+/=]+|(?i:bearer|basic)\s+[^\s\"',]+"
    r"|(?<![\w-])(?:\d[ -]?){12,19}\d(?![\w-])|(?<![\w-])[A-Za-z0-9_-]{43}(?![\w-])"
)


def redact(_logger: object, _method: str, event: EventDict) -> EventDict:
    """A structlog processor: secrets by name and by shape become [redacted]."""
    return {name: _clean(name, value) for name, value in event.items()}


def scrub(text: str) -> str:
    """The text without anything that looks like a secret, and with what cannot be seen by its number."""
    return SECRET_TEXT.sub(REDACTED, shown(text))


def _clean(name: object, value: Any) -> Any:
    if isinstance(name, str) and name.lower() in SECRET_NAMES:
        return REDACTED
    if isinstance(value, dict):
        return {k: _clean(k, v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_clean("", v) for v in value]
    if isinstance(value, (int, float, bool)) or value is None:
        return value
    return scrub(value if isinstance(value, str) else repr(value))


def configure(level: str = "info", format: str = "auto", stream: TextIO | None = None) -> None:
    """Sends structlog's and the standard library's logs through the same processors to `stream` (standard error)."""
    stream = stream or sys.stderr
    console = format == "console" or (format == "auto" and stream.isatty())
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        cache_logger_on_first_use=False,
    )
    _install(stream, level, shared, console)


def _install(stream: TextIO, level: str, shared: list[Processor], console: bool) -> None:
    render: Processor = structlog.dev.ConsoleRenderer() if console else structlog.processors.JSONRenderer()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, redact, render],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = name != "uvicorn.access"


def get(name: str) -> Any:
    """A logger; events are named in the past tense, their particulars are keywords."""
    return structlog.stdlib.get_logger(name)
