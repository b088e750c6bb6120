"""The pages' application for tests: its handlers are registered once in a run, and asked about one site after another.

Registering them takes a fifth of a second: longer than most tests of pages.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager

from litestar import Litestar
from litestar.types import ControllerRouterHandler

from feiqian import features
from feiqian.web.application import OWN, application
from feiqian.web.site import Site


def bank_routes() -> list[ControllerRouterHandler]:
    """The pages that every bank has."""
    return [*OWN, *features.pages()]


_idle: dict[Hashable, list[Litestar]] = defaultdict(list)


@contextmanager
def lent_application(
    site: Site, routes: Callable[[], Sequence[ControllerRouterHandler]], *, framed: bool = False
) -> Iterator[Litestar]:
    """The application of these routes over this site, which nobody else has meanwhile.

    `routes` is called only where no application of it is idle: what it returns may not depend on the site.
    """
    idle = _idle[routes, site.services.settings.public_origin, framed]
    app = idle.pop() if idle else application(site, routes(), framed=framed)
    app.state["site"] = site
    yield app
    idle.append(app)
