"""The Rust engine behind the `Engine` protocol, over its C ABI (`engine/ffi`).

Decides nothing itself: it passes bytes and turns codes into exceptions. Calls keep Python's global lock, so that two
threads never enter one engine at the same time.
"""

from __future__ import annotations

import ctypes
import hashlib
import secrets
import struct
from collections.abc import Iterable, Iterator
from ctypes import POINTER, c_char_p, c_int32, c_uint32, c_uint64, c_void_p, string_at
from pathlib import Path

from .engine import Account, DumpInvalid, InvariantBroken, Moment, Refusal, Remembered, Totals, check_moment

ABI = 3  # FQ_ABI in engine/ffi
LIBRARY = Path(__file__).with_name("_engine.so")

_OK, _NOT_FOUND, _INPUT_INVALID, _REPLAY_REFUSED, _INVARIANT_BROKEN, _DUMP_INVALID, _CHANGED, _PANICKED = range(8)
_ID_BYTES = 16
_TOTALS = struct.Struct("<Q" + "16s" * 4)  # currency, then four sums of 128 bits


class EngineUnavailable(Exception):
    """The native library is missing, or was built from other sources. Says what to do."""


class EngineStopped(Exception):
    """The native engine met a defect of its own and answers nothing any more. What it was asked may have happened in
    its memory; nothing that it did not hand over may be relied on."""


class _Output(ctypes.Structure):
    _fields_ = (
        ("results", c_void_p),
        ("results_len", c_uint64),
        ("records", c_void_p),
        ("records_len", c_uint64),
    )


_SIGNATURES = {  # what each function takes after the handle; all answer with a code
    "fq_apply": (c_char_p, c_uint64, c_uint64, c_uint32),
    "fq_replay": (c_char_p, c_uint64),
    "fq_account": (c_char_p, c_void_p),
    "fq_used": (c_char_p, c_void_p),
    "fq_remembered": (c_char_p, c_void_p),
    "fq_claimed": (c_char_p,),
    "fq_moment": (c_void_p,),
    "fq_counts": (c_void_p,),
    "fq_totals": (),
    "fq_check": (),
    "fq_version": (c_void_p,),
    "fq_dump": (c_uint64, c_uint64, c_void_p),
    "fq_load_begin": (),
    "fq_load": (c_char_p, c_uint64),
    "fq_load_end": (),
    "fq_memory_bytes": (c_void_p,),
}


def load_library(path: Path = LIBRARY) -> ctypes.PyDLL:
    """The library with its functions declared. Raises EngineUnavailable."""
    try:
        library = ctypes.PyDLL(str(path))
    except OSError as error:
        raise EngineUnavailable(f"the native engine is not built ({error}): run `make engine`") from error
    _require_same_interface(library, path)
    library.fq_new.argtypes, library.fq_new.restype = (c_uint64,), c_void_p
    library.fq_free.argtypes, library.fq_free.restype = (c_void_p,), None
    library.fq_output.argtypes, library.fq_output.restype = (c_void_p,), c_void_p
    library.fq_error.argtypes, library.fq_error.restype = (c_void_p, POINTER(c_void_p)), c_uint64
    library.fq_code_key_new.argtypes, library.fq_code_key_new.restype = (c_char_p, c_uint32), c_void_p
    library.fq_code_key_free.argtypes, library.fq_code_key_free.restype = (c_void_p,), None
    library.fq_code_issue.argtypes, library.fq_code_issue.restype = (c_void_p, c_uint64, c_uint64), c_uint64
    library.fq_code_read.argtypes = (c_void_p, c_uint64, c_uint64, c_uint32)
    library.fq_code_read.restype = c_uint64
    for name, takes in _SIGNATURES.items():
        function = getattr(library, name)
        function.argtypes, function.restype = (c_void_p, *takes), c_int32
    return library


def _require_same_interface(library: ctypes.PyDLL, path: Path) -> None:
    """A library of other sources would misread what it is given; its numbers and its refusals must be ours."""
    try:
        abi, refusals = library.fq_abi, library.fq_refusals
    except AttributeError as error:
        raise EngineUnavailable(f"{path.name} is not the native engine: {error}") from error
    abi.argtypes, abi.restype = (), c_uint32
    refusals.argtypes, refusals.restype = (), c_char_p
    if abi() != ABI:
        raise EngineUnavailable(f"{path.name} has interface {abi()}, this version needs {ABI}: run `make engine`")
    if refusals().decode() != "".join(f"{r.name} {r:d} {r.remembered:d}\n" for r in Refusal):
        raise EngineUnavailable(f"{path.name} has other refusals than this version: run `make engine`")


_library: ctypes.PyDLL | None = None


def shared_library() -> ctypes.PyDLL:
    """The library, loaded once. Raises EngineUnavailable."""
    global _library
    if _library is None:
        _library = load_library()
    return _library


class NativeEngine:
    """See `engine.Engine`. Raises EngineUnavailable if there is no library, EngineStopped after a defect in it.

    The seed spreads ids over memory, so that nobody outside can pile them up in one place; no answer depends on it.
    """

    def __init__(self, seed: int | None = None) -> None:
        self._handle = None
        self._library = library = shared_library()
        self._handle = library.fq_new(secrets.randbits(64) if seed is None else seed)
        self._output = _Output.from_address(library.fq_output(self._handle))
        self._apply, self._ask_account, self._ask_used = library.fq_apply, library.fq_account, library.fq_used
        self._ask_remembered, self._ask_claimed = library.fq_remembered, library.fq_claimed
        self._out = (c_uint64 * 8)()
        self._out_at = ctypes.addressof(self._out)

    def __del__(self) -> None:
        if self._handle is not None:
            self._library.fq_free(self._handle)
            self._handle = None

    def apply(self, events: bytes, seconds: int, day: int) -> tuple[bytes, bytes]:
        check_moment(seconds, day)  # ctypes would cut what is too large, without a word
        code = self._apply(self._handle, events, len(events), seconds, day)
        if code:
            raise self._failure(code)
        output = self._output
        return string_at(output.results, output.results_len), string_at(output.records, output.records_len)

    def replay(self, records: bytes) -> None:
        self._call("fq_replay", records, len(records))

    def account(self, id: bytes) -> Account | None:
        found = self._found(self._ask_account(self._handle, _whole(id), self._out_at))
        return Account(*self._out) if found else None

    def used(self, id: bytes) -> tuple[int, int] | None:
        """An allowance as (used in the current period, cap), or None if there is none."""
        found = self._found(self._ask_used(self._handle, _whole(id), self._out_at))
        return (self._out[0], self._out[1]) if found else None

    def remembered(self, id: bytes) -> Remembered | None:
        found = self._found(self._ask_remembered(self._handle, _whole(id), self._out_at))
        return Remembered(*self._out[:4]) if found else None

    def claimed(self, id: bytes) -> bool:
        return self._found(self._ask_claimed(self._handle, _whole(id)))

    @property
    def moment(self) -> Moment:
        self._call("fq_moment", self._out_at)
        return Moment(self._out[0], self._out[1])

    def totals(self) -> dict[int, Totals]:
        self._call("fq_totals")
        entries = _TOTALS.iter_unpack(self._handed_out())
        return {number: Totals(*(int.from_bytes(s, "little") for s in sums)) for number, *sums in entries}

    def check(self) -> None:
        self._call("fq_check")

    def counts(self) -> tuple[int, int, int, int]:
        self._call("fq_counts", self._out_at)
        accounts, transfers, allowances, claims = self._out[:4]
        return accounts, transfers, allowances, claims

    def dump(self) -> Iterator[bytes]:
        """Raises RuntimeError, like a dict, if the engine changes between two chunks."""
        self._call("fq_version", self._out_at)
        version, entry, more = self._out[0], 0, True
        while more:
            self._call("fq_dump", entry, version, self._out_at)
            entry = self._out[0]
            more = entry != 0
            yield self._handed_out()

    def load(self, chunks: Iterable[bytes]) -> None:
        self._call("fq_load_begin")
        for chunk in chunks:
            self._call("fq_load", chunk, len(chunk))
        self._call("fq_load_end")

    def digest(self) -> bytes:
        hasher = hashlib.blake2b(digest_size=32)
        for chunk in self.dump():
            hasher.update(chunk)
        return hasher.digest()

    def memory_bytes(self) -> dict[str, int]:
        """Heap bytes by component."""
        self._call("fq_memory_bytes", self._out_at)
        names = "accounts", "account_index", "transfers", "transfer_index", "holds", "allowances", "claims"
        return dict(zip(names, self._out, strict=False))

    def _handed_out(self) -> bytes:
        return string_at(self._output.records, self._output.records_len)

    def _call(self, name: str, *arguments: object) -> None:
        code = getattr(self._library, name)(self._handle, *arguments)
        if code:
            raise self._failure(code)

    def _found(self, code: int) -> bool:
        if code > _NOT_FOUND:
            raise self._failure(code)
        return code == _OK

    def _failure(self, code: int) -> Exception:
        at = c_void_p()
        length = self._library.fq_error(self._handle, at)
        message = string_at(at, length).decode() if length else f"code {code}"
        kinds: dict[int, type[Exception]] = {
            _INPUT_INVALID: ValueError,
            _REPLAY_REFUSED: ValueError,
            _INVARIANT_BROKEN: InvariantBroken,
            _DUMP_INVALID: DumpInvalid,
            _CHANGED: RuntimeError,
        }
        return kinds.get(code, EngineStopped)(message)


def _whole(id: bytes) -> bytes:
    if len(id) != _ID_BYTES:
        raise ValueError(f"an id has {_ID_BYTES} bytes, not {len(id)}")
    return id
