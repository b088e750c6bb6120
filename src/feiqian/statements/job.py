"""What a worker process does: a statement in JSON becomes a file."""

from __future__ import annotations

from importlib import import_module

import msgspec

from feiqian.statements.model import Format, Statement

_WRITERS = {
    Format.PDF: "pdf",  # Typst is imported where a PDF is made, and nowhere else
    Format.CSV: "csv_file",
    Format.XLSX: "xlsx",
    Format.OFX: "ofx",
    Format.CAMT: "camt",
}


def write(parts: list[bytes]) -> list[bytes]:
    """Job: the format's name and the statement become the file."""
    format, statement = parts
    module = import_module(f"feiqian.statements.formats.{_WRITERS[Format(format.decode())]}")
    return [module.write(msgspec.json.decode(statement, type=Statement))]
