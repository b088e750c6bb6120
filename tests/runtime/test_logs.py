"""Logs that a test sets up are its own: the next test writes to no stream of it."""

from __future__ import annotations

import io
import logging

import pytest

from feiqian.runtime import logs

_stream = io.StringIO()


@pytest.mark.parametrize("time", ["first", "second"])
def test_logs_are_set_up_for_one_test(time: str) -> None:
    closed = [handler for handler in logging.getLogger().handlers if getattr(handler, "stream", None) is _stream]
    assert closed == []
    logs.configure("info", "json", _stream)
    assert logging.getLogger().handlers[0].stream is _stream  # type: ignore[attr-defined]
