"""How the wallet scans codes that are signed addresses of this bank; orders have such codes, at a checkout or till."""

from __future__ import annotations

from dataclasses import dataclass

from feiqian.checkout.links import LinkRefused, Links
from feiqian.services import Services
from feiqian.web.scanned import Meaning, ScanRefused


@dataclass(slots=True)
class SignedCode:
    """One sort of them: the word for it, and its links."""

    kind: str
    links: type[Links]
    order: int

    def read(self, services: Services, text: str) -> Meaning | None:
        origin = services.settings.public_origin
        links = self.links(origin, services.cipher)
        try:
            id = links.id_in(text)
        except LinkRefused as error:
            if error.reason == "changed":
                raise ScanRefused("changed") from None
            return None
        return Meaning(self.kind, id, links.of(id).removeprefix(origin))


SCANNED = (SignedCode("order", Links, 10),)  # to the page that asks to confirm its amount
