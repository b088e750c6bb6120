"""The permutation of payment codes in the native library (`engine/core/src/codes.rs`), and the choice of it.

Decides nothing itself; `permutation.py` says what it must do. Keys are behind handles that nothing changes.
"""

from __future__ import annotations

from ctypes import PyDLL

from feiqian.ledger.engines import native_library
from feiqian.payments.permutation import (
    SECRET_BYTES,
    CodeKey,
    Opened,
    SpecCodeKey,
    require_issuable,
    require_readable,
)

_NO_CODE = (1 << 64) - 1
_IN_NONE = 255


class NativeCodeKey:
    """See `permutation.CodeKey`."""

    def __init__(self, library: PyDLL, secret: bytes, version: int) -> None:
        self._handle = None
        self._library = library
        if len(secret) != SECRET_BYTES:
            raise ValueError(f"a key has {SECRET_BYTES} bytes")
        self._handle = library.fq_code_key_new(secret, version)
        if not self._handle:
            raise ValueError("a version of the key is out of range")
        self._issue, self._read = library.fq_code_issue, library.fq_code_read

    def __del__(self) -> None:
        if self._handle:
            self._library.fq_code_key_free(self._handle)
            self._handle = None

    def issue(self, device: int, slot: int) -> int:
        require_issuable(device, slot)  # ctypes would cut what is too large, without a word
        body: int = self._issue(self._handle, device, slot)
        if body == _NO_CODE:
            raise ValueError("the native library gave no code")
        return body

    def read(self, body: int, newest: int, count: int) -> Opened:
        require_readable(body, newest, count)
        found: int = self._read(self._handle, body, newest, count)
        if found == _NO_CODE:
            raise ValueError("the native library read no code")
        back = found & 255
        return found >> 8, None if back == _IN_NONE else back


def code_key(secret: bytes, version: int) -> CodeKey:
    """A version of the key: in the native library, or in the specification where the engine is that, too."""
    library = native_library()
    return SpecCodeKey(secret, version) if library is None else NativeCodeKey(library, secret, version)
