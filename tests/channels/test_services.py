"""Channels as services: requested and closed by customers, decided on by staff; told and written down each time."""

from __future__ import annotations

import asyncio

import pytest
from staffed import Staffed

from feiqian.backoffice.errors import NotAllowed
from feiqian.backoffice.model import StaffMember
from feiqian.channels.errors import ReasonMissing, ServiceNotFound, ServiceStateDiffers, TooManyRequests
from feiqian.channels.model import BankingChannel, Reason, Service, ServiceState
from feiqian.channels.queues import ServiceRequests
from feiqian.channels.service import REQUESTS_A_DAY, reason_of
from feiqian.channels.support import ServicesOf
from feiqian.ids import CustomerNumber

TELEPHONE, MOBILE = BankingChannel.TELEPHONE, BankingChannel.MOBILE
DAY = 24 * 3600


@pytest.fixture
def mei(bank: Staffed) -> CustomerNumber:
    return bank.register().session.subject.customer


@pytest.fixture
def sue(bank: Staffed) -> StaffMember:
    return bank.member("sue", "supporter")


def requested(bank: Staffed, mei: CustomerNumber, channel: BankingChannel = TELEPHONE) -> Service:
    return bank.run(bank.services.channels.request(mei, channel))


def queue(bank: Staffed) -> ServiceRequests:
    return bank.back_office.queues.get(ServiceRequests)


def decided(bank: Staffed, by: StaffMember, service: Service, reason: Reason | None = None) -> Service:
    return bank.run(queue(bank).decide(by, service.id, reason))


def told(bank: Staffed, mei: CustomerNumber) -> list[str]:
    return [kind for kind, channel in bank.told(mei) if channel == "sms" and kind.startswith("service_")]


def test_a_channel_is_requested_opened_by_staff_and_closed_by_its_customer(
    bank: Staffed, mei: CustomerNumber, sue: StaffMember
) -> None:
    service = requested(bank, mei)
    assert service.state is ServiceState.REQUESTED
    assert decided(bank, sue, service).state is ServiceState.ACTIVE
    assert bank.run(bank.services.channels.close(mei, TELEPHONE)).state is ServiceState.CLOSED
    acts = ["service_requested", "service_active", "service_closed"]
    assert [act for act in bank.audit_log(mei) if act.startswith("service_")] == acts
    assert told(bank, mei) == acts
    assert set(bank.run(bank.services.channels.of(mei))) == {TELEPHONE}


def test_one_that_was_refused_says_why_and_can_be_requested_again(
    bank: Staffed, mei: CustomerNumber, sue: StaffMember
) -> None:
    refused = decided(bank, sue, requested(bank, mei), Reason.CONTACT)
    assert (refused.state, refused.reason) == (ServiceState.REFUSED, Reason.CONTACT)
    again = requested(bank, mei)
    assert (again.state, again.reason) == (ServiceState.REQUESTED, None)
    with pytest.raises(ServiceNotFound):
        decided(bank, sue, refused)  # a page that still shows the request of before decides nothing


def test_what_is_requested_or_active_is_not_requested_again_and_what_is_closed_not_closed(
    bank: Staffed, mei: CustomerNumber, sue: StaffMember
) -> None:
    channels = bank.services.channels
    with pytest.raises(ServiceNotFound):
        bank.run(channels.close(mei, TELEPHONE))
    service = requested(bank, mei)
    with pytest.raises(ServiceStateDiffers):
        requested(bank, mei)
    decided(bank, sue, service)
    with pytest.raises(ServiceStateDiffers):
        requested(bank, mei)
    bank.run(channels.close(mei, TELEPHONE))
    with pytest.raises(ServiceStateDiffers):
        bank.run(channels.close(mei, TELEPHONE))


def test_a_request_is_decided_on_once_though_two_decide_at_once(
    bank: Staffed, mei: CustomerNumber, sue: StaffMember
) -> None:
    service = requested(bank, mei)

    async def both() -> list[object]:
        outcomes = (queue(bank).decide(sue, service.id, reason) for reason in (None, Reason.OTHER))
        return list(await asyncio.gather(*outcomes, return_exceptions=True))

    results = bank.run(both())
    assert sorted(type(result).__name__ for result in results) == ["Service", "ServiceStateDiffers"]
    assert len(told(bank, mei)) == 2


def test_a_request_that_was_taken_back_is_not_decided_on(bank: Staffed, mei: CustomerNumber, sue: StaffMember) -> None:
    service = requested(bank, mei)
    bank.run(bank.services.channels.close(mei, TELEPHONE))
    with pytest.raises(ServiceStateDiffers):
        decided(bank, sue, service)


def test_requests_are_bounded_by_day_so_that_nobody_floods_staff_or_their_own_phone(
    bank: Staffed, mei: CustomerNumber
) -> None:
    channels = bank.services.channels
    for _ in range(REQUESTS_A_DAY):
        requested(bank, mei)
        bank.run(channels.close(mei, TELEPHONE))
    with pytest.raises(TooManyRequests):
        requested(bank, mei)
    requested(bank, mei, MOBILE)
    bank.clock.advance(DAY)
    requested(bank, mei)


def test_supporters_see_what_waits_and_each_look_is_in_the_audit_log(
    bank: Staffed, mei: CustomerNumber, sue: StaffMember
) -> None:
    services = [requested(bank, mei), requested(bank, mei, MOBILE)]
    page = bank.run(queue(bank).waiting(sue))
    assert [one.service.id for one in page.items] == [service.id for service in services]
    assert bank.run(queue(bank).open(sue, services[0].id)).service == services[0]
    assert bank.entries("services")[-1].action == "services_listed"
    assert bank.audit_log(mei)[-1] == "service_looked_at"
    [waiting] = [one for one in bank.run(bank.back_office.queues.waiting(sue)) if one.queue.name == "services"]
    assert waiting.waiting == 2
    decided(bank, sue, services[0])
    assert [one.service.channel for one in bank.run(queue(bank).waiting(sue)).items] == [MOBILE]


def test_other_staff_are_refused(bank: Staffed, mei: CustomerNumber) -> None:
    service, auditor = requested(bank, mei), bank.member("ann", "auditor", "approver", "admin", "reviewer")
    for attempt in (queue(bank).waiting(auditor), queue(bank).open(auditor, service.id)):
        with pytest.raises(NotAllowed):
            bank.run(attempt)
    with pytest.raises(NotAllowed):
        decided(bank, auditor, service)


def test_a_refusal_needs_one_of_the_reasons() -> None:
    assert reason_of("identity") is Reason.IDENTITY
    for text in ("", "active", "because"):
        with pytest.raises(ReasonMissing):
            reason_of(text)


def test_supporters_see_each_service_with_its_state_and_reason(
    bank: Staffed, mei: CustomerNumber, sue: StaffMember
) -> None:
    section = ServicesOf(bank.services)
    assert bank.do(section.read, mei) == []
    active = decided(bank, sue, requested(bank, mei))
    refused = decided(bank, sue, requested(bank, mei, MOBILE), Reason.CONTACT)
    assert sorted(bank.do(section.read, mei)) == sorted([active, refused])
    assert {one.state for one in bank.do(section.read, mei)} == {ServiceState.ACTIVE, ServiceState.REFUSED}
