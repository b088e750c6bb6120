"""Whose document it is: one customer's, from when they were verified with it. Looked up without storing its number.

Works in the caller's transaction.
"""

from __future__ import annotations

from datetime import date

from sqlalchemy import Connection, and_, insert, or_, select

from feiqian.field_cipher import FieldCipher
from feiqian.ids import CustomerNumber
from feiqian.kyc.errors import MrzInvalid
from feiqian.kyc.model import Claim
from feiqian.kyc.mrz import parse_mrz
from feiqian.kyc.tables import holders, reviews


class Holders:
    """Finds customers by their documents."""

    def __init__(self, cipher: FieldCipher) -> None:
        self._cipher = cipher

    def blind_index(self, kind: str, number: str) -> bytes:
        """What stands for a document: the same for the same, whatever spaces and case it is written in."""
        return self._cipher.blind_index(f"{kind}:{''.join(number.split()).upper()}", "document")

    def of_claim(self, claim: Claim, today: date) -> bytes:
        """As `blind`. A passport's number is that of its machine-readable zone, if that can be read."""
        number = claim.number
        if claim.kind == "passport" and claim.mrz:
            try:
                number = parse_mrz(claim.mrz, today).number
            except MrzInvalid:
                number = claim.mrz
        return self.blind_index(claim.kind, number)

    def holder(self, connection: Connection, document: bytes) -> CustomerNumber | None:
        """The customer who was verified with it."""
        found = connection.execute(select(holders.c.customer).where(holders.c.document == document)).scalar()
        return None if found is None else CustomerNumber(found)

    def take(self, connection: Connection, document: bytes, customer: CustomerNumber) -> bool:
        """Makes the customer its holder; False if another one is. Raises IntegrityError if one becomes so just now."""
        holder = self.holder(connection, document)
        if holder is None:
            connection.execute(insert(holders).values(document=document, customer=customer))
        return holder in (None, customer)

    def known_to_staff(self, connection: Connection, document: bytes, customer: CustomerNumber) -> bool:
        """Whether staff have refused this document or customer, or are about to decide on this document."""
        refused = and_(
            reviews.c.outcome == "refused",
            reviews.c.by_role.is_not(None),
            or_(reviews.c.document == document, reviews.c.customer == customer),
        )
        waiting = and_(reviews.c.outcome == "unknown", reviews.c.document == document)
        return connection.execute(select(reviews.c.id).where(or_(refused, waiting)).limit(1)).first() is not None
