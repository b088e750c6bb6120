"""Identities of a bank's customers: checked, kept sealed, settled once, and one document for one customer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from feiqian.field_cipher import SealBroken
from feiqian.kyc.errors import DocumentTaken, ImageRefused, ReviewNotFound, ReviewOver
from feiqian.kyc.model import Claim, Verdict
from feiqian.kyc.tables import documents
from feiqian.runtime.paging import FIRST
from feiqian.subjects import staff

LI_MEI = Claim("cn_id", "李梅", "11010519491231002X", date(1949, 12, 31), "CHN")
ZHU = replace(LI_MEI, name="朱天宇")  # like a name of the list: staff have to look
ANN, BEN = 1, 2
REVIEWER = staff(7)
Office = Any


class Answers:
    """A verifier that answers as it is told."""

    def __init__(self, answer: Verdict | Exception) -> None:
        self.answer = answer

    def verify(self, claim: Claim, images: Sequence[bytes], today: date) -> Verdict:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def test_a_verified_claim_is_kept_with_its_pictures(office: Office) -> None:
    review = office.submit(ANN, LI_MEI, office.picture, office.picture)
    assert (review.customer, review.outcome, review.reasons, review.images) == (ANN, "verified", (), 2)
    assert (review.at, review.decided_by, review.waiting) == (office.clock.now(), None, False)
    assert office.do(office.identity.claim, ANN) == LI_MEI
    assert office.do(office.identity.image, review.id, 1).startswith(b"\xff\xd8")
    assert office.do(office.identity.of, ANN) == [review]


def test_a_refused_claim_says_why_and_keeps_neither_pictures_nor_claim(office: Office) -> None:
    office.submit(ANN, LI_MEI)
    review = office.submit(ANN, replace(LI_MEI, birth=date(1950, 1, 1)))
    assert (review.outcome, review.reasons, review.images) == ("refused", ("birth_differs",), 0)
    with pytest.raises(ReviewNotFound):
        office.do(office.identity.image, review.id, 0)
    assert office.do(office.identity.claim, ANN) == LI_MEI


def test_of_a_refused_picture_nothing_is_kept(office: Office) -> None:
    with pytest.raises(ImageRefused):
        office.submit(ANN, LI_MEI, office.picture, b"<svg/>")
    assert office.do(office.identity.of, ANN) == []
    assert office.do(office.identity.claim, ANN) is None


def test_what_the_verifier_cannot_judge_waits_for_staff_the_oldest_first(
    office: Office, mrz: Callable[..., str]
) -> None:
    first = office.submit(ANN, ZHU)
    office.clock.advance(60)
    second = office.submit(BEN, Claim("passport", "黄大文", mrz=mrz("WONG<<TAI<MAN")))
    assert [match.entry for match in first.matches] == ["900003"]
    assert second.reasons == ("name_unclear",)
    assert office.do(office.identity.waiting, FIRST, 10).items == [first, second]
    assert office.do(office.identity.waiting, FIRST, 1).items == [first]


@pytest.mark.parametrize("outcome", ["verified", "refused"])
def test_staff_settle_what_waits_once(office: Office, outcome: str) -> None:
    review = office.submit(ANN, ZHU)
    office.clock.advance(60)
    decided = office.do(office.identity.decide, review.id, outcome, REVIEWER, "seen at the branch")
    assert (decided.outcome, decided.decided_by, decided.note) == (outcome, REVIEWER, "seen at the branch")
    assert (decided.at, decided.decided_at) == (review.at, office.clock.now())
    assert office.do(office.identity.waiting, FIRST, 10).items == []
    for again in ("verified", "refused"):
        with pytest.raises(ReviewOver):
            office.do(office.identity.decide, review.id, again, staff(8))
    assert office.do(office.identity.review, review.id) == decided


def test_what_the_verifier_has_decided_is_not_for_staff(office: Office) -> None:
    for claim in (LI_MEI, replace(LI_MEI, number="")):
        review = office.submit(ANN, claim)
        with pytest.raises(ReviewOver):
            office.do(office.identity.decide, review.id, "verified", REVIEWER)
    with pytest.raises(ReviewNotFound):
        office.do(office.identity.decide, "doc_none", "verified", REVIEWER)


def test_while_a_review_waits_it_is_the_answer_whatever_is_sent(office: Office) -> None:
    review = office.submit(ANN, ZHU)
    assert office.submit(ANN, LI_MEI) == review  # another spelling does not get past those who look
    assert office.do(office.identity.claim, ANN) == ZHU
    assert len(office.do(office.identity.waiting, FIRST, 10).items) == 1


def test_whom_staff_have_refused_only_staff_verify(office: Office) -> None:
    review = office.submit(ANN, ZHU)
    office.do(office.identity.decide, review.id, "refused", REVIEWER)
    assert office.submit(ANN, LI_MEI).waiting
    assert office.submit(BEN, LI_MEI).waiting  # the same document, another account


def test_a_document_belongs_to_one_customer(office: Office) -> None:
    assert office.submit(ANN, LI_MEI).outcome == "verified"
    for claim in (LI_MEI, ZHU, replace(LI_MEI, number="11010519491231002x")):
        review = office.submit(BEN, claim)
        assert (review.outcome, review.reasons) == ("refused", ("document_of_another",))
    assert office.submit(ANN, LI_MEI).outcome == "verified"


def test_two_who_wait_with_one_document_cannot_both_be_verified(office: Office) -> None:
    first, second = office.submit(ANN, ZHU), office.submit(BEN, ZHU)
    assert first.waiting
    assert second.waiting
    office.do(office.identity.decide, first.id, "verified", REVIEWER)
    with pytest.raises(DocumentTaken):
        office.do(office.identity.decide, second.id, "verified", REVIEWER)
    assert office.do(office.identity.decide, second.id, "refused", REVIEWER).outcome == "refused"


def test_of_two_who_send_one_document_at_once_one_is_verified(office: Office) -> None:
    async def both() -> list[Any]:
        sent = (office.identity.submit(number, LI_MEI, [office.picture]) for number in (ANN, BEN))
        return await asyncio.gather(*sent)

    assert sorted(review.outcome for review in asyncio.run(both())) == ["refused", "verified"]


def test_claiming_anothers_document_does_not_keep_its_owner_out(office: Office) -> None:
    for stranger in range(100, 130):
        office.do(office.identity.put_claim, stranger, replace(LI_MEI, name="Somebody Else"), office.clock.now())
    assert office.submit(ANN, LI_MEI).outcome == "verified"


def test_a_verifier_that_fails_is_an_unknown_outcome(office: Office) -> None:
    office.identity._verifier = Answers(ConnectionError("CANARY of the other party"))
    review = office.submit(ANN, LI_MEI)
    assert (review.outcome, review.reasons) == ("unknown", ("looked_at_by_staff",))


def test_any_verifier_may_be_plugged_in(office: Office) -> None:
    office.identity._verifier = Answers(Verdict("refused", ("expired",)))
    assert office.submit(ANN, LI_MEI).reasons == ("expired",)


def test_a_picture_moved_to_another_review_does_not_open(office: Office) -> None:
    first, second = office.submit(ANN, LI_MEI), office.submit(ANN, LI_MEI)
    with office.db.write() as connection:
        sealed = connection.execute(documents.select().where(documents.c.review == first.id)).one().sealed
        connection.execute(documents.update().where(documents.c.review == second.id).values(sealed=sealed))
    with pytest.raises(SealBroken):
        office.do(office.identity.image, second.id, 0)


def test_abuse_62_no_name_number_or_picture_is_readable_in_the_database_or_told(
    office: Office, capsys: pytest.CaptureFixture[str], mrz: Callable[..., str]
) -> None:
    passport = Claim("passport", "Aino Maria Lehtinen", "E12345678", date(1990, 3, 12), "UTO", mrz())
    review = office.submit(ANN, ZHU)
    office.do(office.identity.decide, review.id, "refused", REVIEWER, "CANARY of a note")
    told = [repr(office.submit(number, claim)) for number, claim in ((BEN, passport), (3, replace(passport, mrz="P<")))]
    told += [repr(ZHU), repr(passport), *capsys.readouterr()]
    secrets = ("11010519491231002X", "朱天宇", "E12345678", "Lehtinen", "LEHTINEN", "19900312", "1990", "CANARY")
    assert [(secret, text) for secret in secrets for text in told if secret in text] == []
    if office.db.engine.dialect.name == "sqlite":
        kept = b"".join(path.read_bytes() for path in office.files.glob("bank.db*"))
        assert b"verified" in kept
        assert [secret for secret in (*secrets, "JFIF", "900003") if secret.encode() in kept] == []
