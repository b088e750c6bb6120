"""The desk: customers are found, opened and frozen, and each look is in the audit log before it is answered."""

from __future__ import annotations

import pytest
from people import EVE_ID, MEI, MEI_ID

from feiqian.accounts.support import Wallets
from feiqian.audit_log.log import PAGE
from feiqian.auth.support import Access
from feiqian.backoffice.errors import NotAllowed
from feiqian.backoffice.names import masked_number, masked_query
from feiqian.cases.errors import CaseNotFound
from feiqian.customers.errors import CustomerNotFound
from feiqian.kyc.errors import ReviewNotFound, ReviewOver
from feiqian.kyc.support import Document
from feiqian.payments.support import CustomerPayments
from feiqian.runtime.paging import Ask
from feiqian.subjects import customer

ROLES = ("reviewer", "supporter", "approver", "auditor", "admin")


@pytest.fixture
def desk(bank):
    bank.alice = bank.member("alice", "supporter")
    bank.mei = bank.checked().session.subject
    bank.mei_id = bank.do(bank.customers.by_number, bank.mei.number).id
    return bank


def look(desk, text: str) -> list[int]:
    return [found.number for found in desk.run(desk.support_view.search(desk.alice, text)).items]


def test_customers_are_found_by_what_they_say(desk) -> None:
    for text in (MEI, "139 0000 1111", "李", desk.mei_id, str(desk.mei.number)):
        assert look(desk, text) == [desk.mei.number], text
    for text in ("+8613900009999", "nobody", "cus_" + "0" * 32, "99", "%"):
        assert look(desk, text) == [], text


def test_a_search_is_in_the_trail_with_whom_it_found_and_hardly_what_was_typed(desk) -> None:
    look(desk, MEI)
    entry = desk.entries("customers")[-1]
    assert (entry.actor, entry.action) == (desk.alice.subject, "customer_searched")
    assert entry.details == {"by": "mobile", "query": "+" + "•" * 11 + "11", "found": [str(desk.mei)]}


def test_a_supporter_sees_the_file_with_the_identity_number_masked(desk) -> None:
    file = desk.run(desk.support_view.open(desk.alice, desk.mei_id))
    assert (file.customer.number, file.level.name) == (desk.mei.number, "remote")
    assert file.of(Access) == (False, False, None)
    assert file.of(Document) == "1" + "•" * 16 + MEI_ID[-1]
    assert MEI_ID not in repr(file)
    assert [wallet.minor for wallet in file.of(Wallets)] == [0]
    assert {entry.action for entry in file.entries.items} >= {"registered", "level_set"}
    assert "customer_opened" not in {entry.action for entry in file.entries.items}


def test_however_often_a_file_was_looked_at_its_acts_are_shown(desk) -> None:
    for _ in range(PAGE):
        desk.do(desk.trail_book.append, desk.alice.subject, "customer_opened", str(desk.mei), {}, desk.clock.now())
    file = desk.run(desk.support_view.open(desk.alice, desk.mei_id))
    assert [entry.action for entry in file.entries.items] == ["level_set", "registered"]


def test_every_look_is_in_the_trail_and_a_trail_that_cannot_be_written_shows_nothing(desk, monkeypatch) -> None:
    desk.run(desk.support_view.open(desk.alice, desk.mei_id))
    assert desk.actions(str(desk.mei))[-1] == "customer_opened"

    def full(*_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(desk.trail_book, "append", full)
    for act in (desk.support_view.open(desk.alice, desk.mei_id), desk.support_view.search(desk.alice, "李")):
        with pytest.raises(OSError, match="no space"):
            desk.run(act)


def test_abuse_28_an_unknown_id_is_not_found_and_the_try_is_kept(desk) -> None:
    for id in ("cus_" + "0" * 32, "' OR 1=1 --", "x" * 500):
        with pytest.raises(CustomerNotFound):
            desk.run(desk.support_view.open(desk.alice, id))
        entry = desk.entries("customers")[-1]
        assert (entry.action, entry.details["tried"]) == ("customer_not_found", id[:40])


def test_one_freezes_alone_and_says_why(desk) -> None:
    desk.fund(desk.mei.number)
    assert desk.paid(desk.mei.number)
    desk.run(desk.support_view.freeze(desk.alice, desk.mei_id, "called: phone 13900001111 gone"))
    assert not desk.paid(desk.mei.number)
    asked = next(entry for entry in desk.entries(str(desk.mei)) if entry.action == "freeze_asked")
    assert asked.details["why"] == "called: phone •••••••••11 gone"
    assert desk.actions(str(desk.mei))[-1] == "frozen"
    with pytest.raises(CustomerNotFound):
        desk.run(desk.support_view.freeze(desk.alice, "cus_" + "0" * 32, "why"))


def acts(bank, by, review: str) -> dict[str, tuple[str, object]]:
    """Every act of the office, and the roles that it needs."""
    o = bank.back_office
    return {
        "search": ("supporter", o.support_view.search(by, "李")),
        "open": ("supporter", o.support_view.open(by, bank.mei_id)),
        "freeze": ("supporter", o.support_view.freeze(by, bank.mei_id, "why")),
        "cases": ("supporter", bank.case_queue.waiting(by)),
        "case": ("supporter", bank.case_queue.begin(by, bank.mei_id, "other", "text")),
        "reviews": ("reviewer", bank.reviews.waiting(by)),
        "review": ("reviewer", bank.reviews.open(by, review)),
        "picture": ("reviewer", bank.reviews.picture(by, review, 0)),
        "decide": ("reviewer", bank.reviews.decide(by, review, "refused", "why")),
        "trail": ("auditor", o.audit_log_reader.read(by)),
        "check": ("auditor", o.audit_log_reader.check(by)),
        "accounts": ("admin", o.staff.accounts(by)),
    }


@pytest.mark.parametrize("role", ROLES)
def test_each_role_does_what_it_is_for_and_nothing_else(desk, role: str) -> None:
    member, review = desk.member("dan", role), desk.waiting_review().id
    for name, (needed, act) in acts(desk, member, review).items():
        if needed == role:
            desk.run(act)
        else:
            with pytest.raises(NotAllowed):
                desk.run(act)
        assert name


def test_a_reviewer_sees_claim_matches_and_pictures_each_in_the_trail(desk) -> None:
    reviewer, review = desk.member("rae", "reviewer"), desk.waiting_review()
    assert [of.review.id for of in desk.run(desk.reviews.waiting(reviewer)).items] == [review.id]
    file = desk.run(desk.reviews.open(reviewer, review.id))
    assert file.claim is not None
    assert (file.claim.name, file.review.matches[0].listed) == ("Ottoline Quillfeather", "QUILLFEATHER, Ottoline")
    assert desk.run(desk.reviews.picture(reviewer, review.id, 0)).startswith(b"\xff\xd8")
    about = str(customer(review.customer))
    assert desk.actions(about)[-2:] == ["review_opened", "document_looked_at"]
    for id, place in ((review.id, 9), ("doc_" + "0" * 32, 0)):
        with pytest.raises(ReviewNotFound):
            desk.run(desk.reviews.picture(reviewer, id, place))


def test_a_verified_customer_gets_a_wallet_once_and_a_decision_stands(desk) -> None:
    reviewer, other, review = desk.member("rae", "reviewer"), desk.member("sam", "reviewer"), desk.waiting_review()
    desk.run(desk.verify(review.id, reviewer, "passport compared"))
    assert desk.customers.standing(review.customer) == 1
    assert desk.services.accounts.wallets(review.customer)
    for by, outcome in ((other, "refused"), (reviewer, "refused"), (other, "verified")):
        with pytest.raises(ReviewOver):
            desk.run(desk.reviews.decide(by, review.id, outcome, ""))
    desk.run(desk.reviews.decide(reviewer, review.id, "verified", "again"))
    assert desk.actions(str(customer(review.customer))).count("review_decided") == 1


def test_cases_are_worked_on_and_each_look_is_kept(desk) -> None:
    load = desk.case_queue
    case = desk.run(load.begin(desk.alice, desk.mei_id, "recovery_help", "lost her PIN"))
    assert [of.case.id for of in desk.run(load.waiting(desk.alice)).items] == [case.id]
    assert desk.run(load.open(desk.alice, case.id)).customer.number == desk.mei.number
    desk.run(load.note(desk.alice, case.id, "called back"))
    assert desk.run(load.close(desk.alice, case.id, "done")).state == "closed"
    assert desk.actions(str(desk.mei))[-4:] == ["case_opened", "case_looked_at", "case_note", "case_closed"]
    with pytest.raises(CaseNotFound):
        desk.run(load.open(desk.alice, "cas_0"))
    with pytest.raises(CustomerNotFound):
        desk.run(load.begin(desk.alice, "cus_0", "other", "x"))


def test_auditors_read_page_by_page_and_that_is_kept_too(desk) -> None:
    auditor = desk.member("ann", "auditor")
    for _ in range(60):
        desk.run(desk.support_view.search(desk.alice, "x"))
    first = desk.run(desk.back_office.audit_log_reader.read(auditor))
    second = desk.run(desk.back_office.audit_log_reader.read(auditor, ask=Ask(before=first.older)))
    assert first.items[0].action == "trail_read"
    assert [first.items[-1].position - 1] == [second.items[0].position]
    assert second.older == ""
    assert {
        entry.about for entry in desk.run(desk.back_office.audit_log_reader.read(auditor, str(desk.mei))).items
    } == {str(desk.mei)}
    checked = desk.run(desk.back_office.audit_log_reader.check(auditor))
    assert checked.finding is None


def test_the_first_page_counts_what_one_works_on(desk) -> None:
    desk.waiting_review()
    both = desk.member("kim", "reviewer", "supporter")
    desk.run(desk.case_queue.begin(desk.alice, desk.mei_id, "other", "x"))
    waiting = desk.run(desk.back_office.queues.waiting(both))
    assert [(queue.name, count) for queue, count in waiting] == [
        ("identity", 1),
        ("cases", 1),
        ("services", 0),
        ("changes", 0),
    ]
    assert desk.run(desk.back_office.queues.waiting(desk.member("ann", "auditor"))) == []


def test_abuse_62_no_identity_number_mobile_or_document_is_in_the_trail(desk) -> None:
    reviewer, review = desk.member("rae", "reviewer"), desk.waiting_review()
    desk.run(desk.reviews.open(reviewer, review.id))
    desk.run(desk.support_view.open(desk.alice, desk.mei_id))
    for text in (MEI, MEI_ID, EVE_ID):
        look(desk, text)
    written = repr(desk.entries())
    for secret in (MEI, MEI[3:], MEI_ID, EVE_ID, "402957", "wandering teapot"):
        assert secret not in written


@pytest.mark.parametrize(
    ("masked", "shown"),
    [
        (masked_number("11010519900307002X"), "1" + "•" * 16 + "X"),
        (masked_number("E1"), "••"),
        (masked_query("  Li 李 "), "Li 李"),
        (masked_query("11010519900307002X lost"), "•" * 16 + "2X lost"),
        (masked_query("room 12345"), "room 12345"),
    ],
)
def test_personal_things_are_masked(masked: str, shown: str) -> None:
    assert masked == shown


def test_abuse_85_a_file_says_whether_something_is_missing_in_its_payments(desk, monkeypatch) -> None:
    assert not desk.run(desk.support_view.open(desk.alice, desk.mei_id)).of(CustomerPayments).incomplete
    monkeypatch.setattr(desk.services.reads, "lacking", True)
    assert desk.run(desk.support_view.open(desk.alice, desk.mei_id)).of(CustomerPayments).incomplete
