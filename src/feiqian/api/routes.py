"""Every operation of /v1: merchants', and customers' under /v1/me."""

from __future__ import annotations

from . import me, operations

ROUTES = (*operations.ROUTES, *me.ROUTES)
