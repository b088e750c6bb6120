"""The code of an order, at a shop's checkout or till, as the wallet scans it."""

from __future__ import annotations

from feiqian.checkout.links import LinkRefused, Links
from feiqian.services import Services
from feiqian.web.scanned import Meaning, ScanRefused


class OrderCode:
    """Leads to the page that shows the order's amount and asks to confirm it."""

    order = 10

    def read(self, services: Services, text: str) -> Meaning | None:
        origin = services.settings.public_origin
        links = Links(origin, services.cipher)
        try:
            order = links.id_in(text)
        except LinkRefused as error:
            if error.reason == "changed":
                raise ScanRefused("changed") from None
            return None
        return Meaning("order", order, links.of(order).removeprefix(origin))


SCANNED = (OrderCode(),)
