"""The demo's inbox: what phones and mailboxes would have received. Everybody may look, which is why no bank has it."""

from __future__ import annotations

from typing import NamedTuple

from litestar import Controller, Response, get
from litestar.params import FromQuery

from feiqian import subjects
from feiqian.customers.registry import Customer
from feiqian.web.site import Site, TheSite

from .given import Demo, TheDemo
from .welcome import CHOICES

SHOWN = 50


class Letter(NamedTuple):
    """One message, as the page shows it. `name` is its customer's; empty for one who is none yet."""

    id: str
    channel: str  # sms, email or push
    name: str
    address: str
    subject: str
    text: str
    language: str
    at: int


class Inbox(Controller):
    """`/messages`."""

    path = "/messages"

    @get("/")
    async def inbox(self, site: TheSite, demo: TheDemo, whose: FromQuery[str] = "") -> Response[str]:
        chosen = await demo.person(whose) if whose else None
        people = await demo.people.first(CHOICES)
        return site.page(
            "demo/inbox.html",
            people=people if chosen is None or chosen in people else [chosen, *people],
            chosen=chosen,
            letters=await _letters(site, demo, chosen),
        )

    @get("/letters")
    async def letters(self, site: TheSite, demo: TheDemo, whose: FromQuery[str] = "") -> dict[str, str]:
        """The list alone, for the page to look again."""
        chosen = await demo.person(whose) if whose else None
        return {"letters": site.render("demo/parts/inbox_letters.html", letters=await _letters(site, demo, chosen))}


async def _letters(site: Site, demo: Demo, chosen: Customer | None) -> list[Letter]:
    subject = subjects.customer(chosen.number) if chosen else None
    found = await site.services.notify.inbox(SHOWN, subject)
    numbers = {message.to.customer for message in found if message.to.role is subjects.Role.CUSTOMER}
    names = await demo.people.names(numbers)
    return [
        Letter(
            m.id,
            m.channel.value,
            names.get(m.to.customer, "") if m.to.role is subjects.Role.CUSTOMER else "",
            m.address,
            m.subject,
            m.text,
            m.language,
            m.at,
        )
        for m in found
    ]
