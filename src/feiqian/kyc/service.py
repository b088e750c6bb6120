"""Checks identities, keeps what was checked, and lets staff settle what nobody else could. Changes no levels itself.

A document belongs to one customer: who comes with another's is refused, and it is not said whose it is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import Connection, Row, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from feiqian.clock import MICROSECONDS, Clock
from feiqian.columns import BY
from feiqian.db import BankDb
from feiqian.field_cipher import FieldCipher
from feiqian.ids import DOCUMENT, NO_CUSTOMER, CustomerNumber, new_id
from feiqian.kyc.errors import DocumentTaken, ImageRefused, OwnClearance, ReviewNotFound, ReviewOver
from feiqian.kyc.holders import Holders
from feiqian.kyc.images import encode, refused_by
from feiqian.kyc.model import Claim, Clearance, Outcome, Review, Verdict
from feiqian.kyc.names import agree
from feiqian.kyc.screening import Match
from feiqian.kyc.tables import CLAIM, CLEARED, MATCHES, NOTE, PICTURE, claims, clearances, documents, reviews
from feiqian.kyc.verifier import Verifier
from feiqian.runtime import logs
from feiqian.runtime.paging import FIRST, Ask, Order, Page, page_of
from feiqian.runtime.transactions import Transactions
from feiqian.runtime.work import Pool, Work
from feiqian.subjects import Subject
from feiqian.workers.counting import COSTLY
from feiqian.workers.frames import Refused
from feiqian.workers.pool import Workers
from feiqian.workers.process import JobKilled

Within = Callable[[Connection, Review], None]
NOTE_LENGTH = 500
_OLDEST = Order((reviews.c.at, reviews.c.id), newest_first=False)
VERIFIER_THREADS, VERIFIER_QUEUE = 2, 32
_log = logs.get("feiqian.identity")


class Identity:
    """The identities of one bank's customers. Methods with a connection block, in the caller's transaction."""

    def __init__(
        self,
        db: BankDb,
        cipher: FieldCipher,
        clock: Clock,
        work: Work,
        verifier: Verifier,
        workers: Workers,
        two_people_score: float,
        zone: str = "UTC",
    ) -> None:
        """`two_people_score`: from which score on two have to clear a match with the sanctions list."""
        self._cipher, self._clock, self._verifier = cipher, clock, verifier
        self.transactions = Transactions(db, work)
        self._workers = workers
        # A verifier may ask another party over a network: it makes neither passwords nor the database wait.
        self.verifications = Pool("verifier", VERIFIER_THREADS, VERIFIER_QUEUE)
        self._zone, self._two_people_score = ZoneInfo(zone), two_people_score
        self._holders = Holders(cipher)

    # --- checking ----------------------------------------------------------------------------------------------

    async def submit(
        self, customer: CustomerNumber, claim: Claim, images: Sequence[bytes], within: Within = lambda *_: None
    ) -> Review:
        """Checks a claim against pictures of the document. Raises ImageRefused, TooBusy: nothing is kept then.

        `within(connection, review)` adds what follows from a new review in the transaction that keeps it.

        Kept are the claim and pictures of what is verified or waits for staff. While one waits, it is the answer:
        nobody changes what staff are looking at, or tries until another spelling of a name goes through.
        """
        pictures = await self._encoded(customer, images)
        verdict = await self.verifications.run(lambda: self._judge(claim, pictures))

        def keep(connection: Connection) -> Review:
            return self._keep(connection, customer, claim, pictures, verdict, within)

        try:
            return await self.transactions.write(keep)
        except IntegrityError:  # another customer has just been verified with this document: now that is seen
            return await self.transactions.write(keep)

    async def _encoded(self, customer: CustomerNumber, images: Sequence[bytes]) -> list[bytes]:
        try:
            return await self._workers.run(encode, images, f"customer:{customer}")
        except Refused as refused:
            raise refused_by(refused.reason) from None
        except JobKilled:
            raise ImageRefused(COSTLY) from None

    def _judge(self, claim: Claim, pictures: Sequence[bytes]) -> Verdict:
        try:
            return self._verifier.verify(claim, pictures, self.today())
        except Exception as error:  # whatever a verifier cannot answer is unknown, never lost
            _log.error("verifier_failed", error=type(error).__name__)
            return Verdict("unknown", ("looked_at_by_staff",))

    def _keep(
        self,
        connection: Connection,
        customer: CustomerNumber,
        claim: Claim,
        pictures: Sequence[bytes],
        verdict: Verdict,
        within: Within,
    ) -> Review:
        now, waiting = self._clock.now(), (reviews.c.customer == customer, reviews.c.outcome == "unknown")
        # Held, so that of two checks at once the second sees what came of the first.
        connection.execute(select(claims.c.customer).where(claims.c.customer == customer).with_for_update())
        if (before := connection.execute(select(reviews).where(*waiting)).first()) is not None:
            return self._review(before)
        document = self._holders.of_claim(claim, self.today())
        verdict = self._final(connection, customer, document, verdict)
        if verdict.outcome == "refused":
            pictures = ()
        else:
            self.put_claim(connection, customer, claim, now)
        id = self._write(connection, customer, document, verdict, len(pictures), now)
        for place, picture in enumerate(pictures):
            sealed = PICTURE.seal(self._cipher, picture, f"{id}/{place}")
            connection.execute(insert(documents).values(review=id, place=place, sealed=sealed))
        review = self.review(connection, id)
        within(connection, review)
        return review

    def _write(
        self,
        connection: Connection,
        customer: CustomerNumber,
        document: bytes,
        verdict: Verdict,
        pictures: int,
        now: int,
    ) -> str:
        id = new_id(DOCUMENT, now)
        connection.execute(
            insert(reviews).values(
                id=id,
                customer=customer,
                document=document,
                outcome=verdict.outcome,
                reasons=" ".join(verdict.reasons),
                matches=MATCHES.seal(self._cipher, msgspec.json.encode(verdict.matches), id),
                images=pictures,
                at=now,
                decided_at=0 if verdict.outcome == "unknown" else now,
                note=b"",
            )
        )
        return id

    def _final(self, connection: Connection, customer: CustomerNumber, document: bytes, verdict: Verdict) -> Verdict:
        """What becomes of a verdict where the document, or the customer, is known from before."""
        if verdict.outcome == "refused":
            return verdict
        if self._holders.holder(connection, document) not in (None, customer):
            return Verdict("refused", ("document_of_another",))
        if verdict.outcome == "verified" and self._holders.known_to_staff(connection, document, customer):
            return Verdict("unknown", ("looked_at_by_staff",), verdict.matches)
        if verdict.outcome == "verified" and not self._holders.take(connection, document, customer):
            return Verdict("refused", ("document_of_another",))  # since we looked
        return verdict

    def today(self) -> date:
        """The bank's day."""
        return datetime.fromtimestamp(self._clock.now() / MICROSECONDS, self._zone).date()

    # --- claims ------------------------------------------------------------------------------------------------

    def put_claim(self, connection: Connection, customer: CustomerNumber, claim: Claim, now: int) -> None:
        """Keeps what a customer says of themselves, instead of what they said before."""
        sealed = CLAIM.seal(self._cipher, msgspec.json.encode(claim), customer)
        document = self._holders.of_claim(claim, self.today())
        values: dict[str, Any] = {"document": document, "sealed": sealed, "made_at": now}
        if not connection.execute(update(claims).where(claims.c.customer == customer).values(**values)).rowcount:
            connection.execute(insert(claims).values(customer=customer, **values))

    def claim(self, connection: Connection, customer: CustomerNumber) -> Claim | None:
        """What a customer says of themselves."""
        sealed = connection.execute(select(claims.c.sealed).where(claims.c.customer == customer)).scalar()
        if sealed is None:
            return None
        plain = CLAIM.open(self._cipher, sealed, customer)
        return msgspec.json.decode(plain, type=Claim)

    def blind_index(self, claim: Claim) -> bytes:
        """What stands for a claim's document, and does not tell its number."""
        return self._holders.of_claim(claim, self.today())

    def holder_named(self, connection: Connection, claim: Claim) -> CustomerNumber | None:
        """The customer who was verified with this document, if the claim has their name. Asks as much for an unknown
        document as for a known one."""
        holder = self._holders.holder(connection, self.blind_index(claim))
        kept = self.claim(connection, holder or NO_CUSTOMER) or claim
        same = agree(claim.name, kept.name) or agree(kept.name, claim.name)
        return holder if same else None

    # --- reviews -----------------------------------------------------------------------------------------------

    def waiting(self, connection: Connection, ask: Ask = FIRST, limit: int = 50) -> Page[Review]:
        """A page of those that staff have to decide, the oldest first."""
        found = page_of(connection, select(reviews).where(reviews.c.outcome == "unknown"), _OLDEST, ask, limit)
        return found.of([self._review(row) for row in found.items])

    def count_waiting(self, connection: Connection) -> int:
        """How many staff have to decide."""
        return connection.execute(select(func.count()).where(reviews.c.outcome == "unknown")).scalar_one()

    def of(self, connection: Connection, customer: CustomerNumber, limit: int = 20) -> list[Review]:
        """A customer's, the newest first."""
        found = select(reviews).where(reviews.c.customer == customer).order_by(reviews.c.id.desc()).limit(limit)
        return [self._review(row) for row in connection.execute(found)]

    def review(self, connection: Connection, id: str) -> Review:
        """Raises ReviewNotFound."""
        row = connection.execute(select(reviews).where(reviews.c.id == id)).first()
        if row is None:
            raise ReviewNotFound("there is no such review")
        return self._review(row)

    def image(self, connection: Connection, id: str, place: int) -> bytes:
        """A picture of a review, JPEG; places count from 0. Raises ReviewNotFound."""
        wanted = documents.c.review == id, documents.c.place == place
        sealed = connection.execute(select(documents.c.sealed).where(*wanted)).scalar()
        if sealed is None:
            raise ReviewNotFound("there is no such picture")
        return PICTURE.open(self._cipher, sealed, f"{id}/{place}")

    def decide(self, connection: Connection, id: str, outcome: Outcome, by: Subject, note: str = "") -> Review:
        """Staff settle what the verifier could not, once.

        Of a review that two have to clear, the first leaves it waiting. Raises ReviewNotFound, ReviewOver,
        OwnClearance, DocumentTaken.
        """
        review = self.review(connection, id)
        if not review.waiting:
            raise ReviewOver("this review has been decided")
        if outcome == "verified":
            if self.needs_two(review) and not self._cleared_before(connection, id, by, note):
                return review
            self._take_document(connection, review)
        values: dict[str, Any] = {
            "outcome": outcome,
            "decided_at": self._clock.now(),
            "note": NOTE.seal(self._cipher, note[:NOTE_LENGTH], id),
        } | BY.values(by)
        if outcome == "verified":
            values["reasons"] = ""
        waiting = reviews.c.id == id, reviews.c.outcome == "unknown"
        if not connection.execute(update(reviews).where(*waiting).values(**values)).rowcount:
            raise ReviewOver("this review has just been decided")
        return self.review(connection, id)

    def needs_two(self, review: Review) -> bool:
        """Whether its person is so like somebody listed that one alone cannot clear it."""
        return any(match.score >= self._two_people_score for match in review.matches)

    def clearance(self, connection: Connection, id: str) -> Clearance | None:
        """That of the first of two."""
        row = connection.execute(select(clearances).where(clearances.c.review == id)).first()
        if row is None:
            return None
        return Clearance(BY.of(row), row.at, CLEARED.text(self._cipher, row.note, id))

    def _cleared_before(self, connection: Connection, id: str, by: Subject, note: str) -> bool:
        """Whether another one has cleared it; if nobody has, `by` has now. Raises OwnClearance."""
        first = self.clearance(connection, id)
        if first is not None:
            if first.by == by:
                raise OwnClearance("somebody else has to clear this, too")
            return True
        sealed = CLEARED.seal(self._cipher, note[:NOTE_LENGTH], id)
        values = {"review": id, "at": self._clock.now(), "note": sealed} | BY.values(by)
        connection.execute(insert(clearances).values(values))
        return False

    def _take_document(self, connection: Connection, review: Review) -> None:
        document = connection.execute(select(reviews.c.document).where(reviews.c.id == review.id)).scalar_one()
        if not self._holders.take(connection, document, review.customer):
            raise DocumentTaken("another customer has been verified with this document")

    def _review(self, row: Row[Any]) -> Review:
        matches = MATCHES.open(self._cipher, row.matches, row.id)
        note = NOTE.text(self._cipher, row.note, row.id)
        by = BY.of(row) if row.by_role else None
        reasons = tuple(row.reasons.split())
        found = tuple(msgspec.json.decode(matches, type=list[Match]))
        return Review(row.id, row.customer, row.outcome, reasons, found, row.at, row.images, by, row.decided_at, note)
