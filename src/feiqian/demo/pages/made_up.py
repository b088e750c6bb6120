"""What the buttons that the demo adds to registration and to the identity check fetch."""

from __future__ import annotations

import random

from litestar import Controller, Response, get

from feiqian.demo.made_up import MadeUpPerson, made_up_person, specimen
from feiqian.web.whose import FOR_ANYBODY


class MadeUp(Controller):
    """`/demo/person` and `/demo/document.png`."""

    opt = FOR_ANYBODY

    @get("/demo/person", sync_to_thread=False)
    def person(self) -> MadeUpPerson:
        return made_up_person(random.SystemRandom())

    @get("/demo/document.png", sync_to_thread=False)
    def document(self) -> Response[bytes]:
        return Response(specimen(), media_type="image/png")
