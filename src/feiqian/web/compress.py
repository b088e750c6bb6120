"""Compresses pages that come over thin lines: those of routes with `middleware=[COMPRESSED]`.

Only pages whose text holds nothing secret beside what a stranger can have put into it (as in BREACH, CVE-2013-3587).
"""

from __future__ import annotations

from litestar.config.compression import CompressionConfig
from litestar.middleware import DefineMiddleware
from litestar.middleware.compression import CompressionMiddleware

LEVEL = 5  # of 9: nearly as small as at the highest, in half the time
SMALLEST = 1_000  # bytes: what is smaller fits into a packet as it is

COMPRESSED = DefineMiddleware(
    CompressionMiddleware,
    config=CompressionConfig(backend="gzip", minimum_size=SMALLEST, gzip_compress_level=LEVEL),
)
