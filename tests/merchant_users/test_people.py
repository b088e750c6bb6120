"""Owners invite, change roles and remove, with fresh factors; one owner stays; a removed person is out at once."""

from __future__ import annotations

import pytest
from staffed_shops import USER_PASSWORD, Shops

from feiqian.auth.challenges.errors import BindingDiffers, ChallengeNotFound, ChallengeOver, NotPassed
from feiqian.auth.errors import EnrolmentOver, SignInRefused
from feiqian.merchant_users.errors import LastOwner, MerchantSuspended, NotPermitted, UserInvalid, UserNotFound
from feiqian.merchant_users.model import MerchantRole, Permission, UserState
from feiqian.merchant_users.people import Act, Doing
from feiqian.merchant_users.users import AN_ADDRESS_A_DAY

LIN, MEI, EVE = "lin@shop.example", "mei@shop.example", "eve@bakery.example"
INVITE = Act(Doing.INVITE, MEI, "operator")


def test_an_owner_invites_somebody_who_then_signs_in(bank: Shops) -> None:
    lin = bank.signed_in(LIN)
    bank.act(lin, INVITE)
    mei = bank.enrol(bank.token_for(MEI), "Mei")
    assert (mei.role, mei.merchant) == (MerchantRole.OPERATOR, bank.teahouse.number)
    assert [one.email for one in bank.run(bank.people.all(lin))] == [LIN, MEI]
    invited = bank.entries(str(mei.subject))[0]
    assert (invited.actor, invited.action) == (lin.subject, "user_invited")


@pytest.mark.parametrize("role", ["developer", "operator", "viewer"])
def test_nobody_but_owners_changes_who_signs_in(bank: Shops, role: str) -> None:
    bank.signed_in(LIN)
    mei = bank.signed_in(MEI, role)
    for act in (INVITE, Act(Doing.ROLE, mei.user.id, "owner"), Act(Doing.REMOVE, mei.user.id)):
        with pytest.raises(NotPermitted):
            bank.run(bank.people.confirm(mei, act, "en"))
        with pytest.raises(NotPermitted):
            bank.run(bank.people.carry_out(mei, act, "chl_1"))


def test_roles_are_read_anew_when_an_act_is_carried_out(bank: Shops) -> None:
    lin, mei = bank.signed_in(LIN), bank.signed_in(MEI)
    challenge = bank.confirmed(mei, INVITE._replace(whom="new@shop.example"))
    bank.act(lin, Act(Doing.ROLE, mei.user.id, "viewer"))
    with pytest.raises(NotPermitted):
        bank.run(bank.people.carry_out(mei, INVITE._replace(whom="new@shop.example"), challenge))


def test_an_act_needs_fresh_factors_for_exactly_that_and_once(bank: Shops) -> None:
    lin, mei = bank.signed_in(LIN), bank.user(MEI, "viewer")
    act = Act(Doing.ROLE, mei.id, "developer")
    open_one = bank.run(bank.people.confirm(lin, act, "en")).id
    with pytest.raises(NotPassed):
        bank.run(bank.people.carry_out(lin, act, open_one))
    challenge = bank.confirmed(lin, act)
    with pytest.raises(BindingDiffers):
        bank.run(bank.people.carry_out(lin, act._replace(role="owner"), challenge))
    challenge = bank.confirmed(lin, act)
    bank.run(bank.people.carry_out(lin, act, challenge))
    with pytest.raises(ChallengeOver):
        bank.run(bank.people.carry_out(lin, act, challenge))
    assert bank.do(bank.users.users.by_number, mei.number).role is MerchantRole.DEVELOPER


def test_abuse_28_another_merchants_people_are_not_found(bank: Shops) -> None:
    lin, eve = bank.signed_in(LIN), bank.signed_in(EVE, "owner", bank.bakery)
    assert [one.email for one in bank.run(bank.people.all(eve))] == [EVE]
    for act in (Act(Doing.ROLE, lin.user.id, "viewer"), Act(Doing.REMOVE, lin.user.id), Act(Doing.RENEW, lin.user.id)):
        with pytest.raises(UserNotFound):
            bank.run(bank.people.confirm(eve, act, "en"))
    with pytest.raises(UserNotFound):
        bank.run(bank.people.one(eve, lin.user.id))
    challenge = bank.confirmed(lin, INVITE)
    with pytest.raises(ChallengeNotFound):
        bank.run(bank.people.carry_out(eve, INVITE, challenge))


def test_the_last_owner_stays(bank: Shops) -> None:
    lin = bank.signed_in(LIN)
    bank.act(lin, INVITE._replace(role="owner"))  # who has not come yet does not count
    for act in (Act(Doing.REMOVE, lin.user.id), Act(Doing.ROLE, lin.user.id, "viewer"), Act(Doing.RENEW, lin.user.id)):
        with pytest.raises(LastOwner):
            bank.run(bank.people.confirm(lin, act, "en"))
    bank.enrol(bank.token_for(MEI), "Mei")
    bank.act(lin, Act(Doing.ROLE, lin.user.id, "viewer"))
    assert bank.do(bank.users.users.by_number, lin.user.number).role is MerchantRole.VIEWER


def test_of_two_owners_who_remove_each_other_one_stays(bank: Shops) -> None:
    lin, mei = bank.signed_in(LIN), bank.signed_in(MEI)
    first, second = Act(Doing.REMOVE, mei.user.id), Act(Doing.REMOVE, lin.user.id)
    challenges = bank.confirmed(lin, first), bank.confirmed(mei, second)
    bank.run(bank.people.carry_out(lin, first, challenges[0]))
    with pytest.raises(NotPermitted):
        bank.run(bank.people.carry_out(mei, second, challenges[1]))


def test_abuse_33_who_was_removed_is_out_at_once_and_for_good(bank: Shops) -> None:
    lin = bank.signed_in(LIN)
    bank.user(MEI, "developer")
    tokens = [bank.let_in(MEI).token for _ in range(2)]
    mei = bank.run(bank.users.of_session(tokens[0]))
    assert mei is not None
    under_way = bank.run(bank.users.password(MEI, USER_PASSWORD, "en"))
    bank.act(lin, Act(Doing.REMOVE, mei.user.id))
    assert [bank.run(bank.users.of_session(token)) for token in tokens] == [None, None]
    with pytest.raises(SignInRefused):
        bank.run(bank.users.code(MEI, under_way.id, bank.shown(MEI), "", "en"))
    with pytest.raises(SignInRefused):
        bank.run(bank.users.password(MEI, USER_PASSWORD, "en"))
    assert bank.entries(str(mei.subject))[-1].details["sessions"] == 2
    assert "removed" in bank.letters(MEI)[-1]
    bank.act(lin, INVITE)  # the same address again is somebody new
    again = bank.enrol(bank.token_for(MEI), "Mei")
    assert again.number != mei.user.number


def test_an_invitation_of_who_was_removed_opens_nothing(bank: Shops) -> None:
    lin = bank.signed_in(LIN)
    bank.act(lin, INVITE)
    token = bank.token_for(MEI)
    invited = bank.run(bank.people.all(lin))[1]
    bank.act(lin, Act(Doing.REMOVE, invited.id))
    with pytest.raises(EnrolmentOver):
        bank.run(bank.users.enrolment(token))


def test_who_has_lost_their_factors_is_invited_again_and_signed_out(bank: Shops) -> None:
    lin = bank.signed_in(LIN)
    mei = bank.signed_in(MEI, "viewer")
    opened = bank.let_in(MEI)
    bank.act(lin, Act(Doing.RENEW, mei.user.id))
    assert bank.run(bank.users.of_session(opened.token)) is None
    with pytest.raises(SignInRefused):
        bank.run(bank.users.password(MEI, USER_PASSWORD, "en"))
    bank.clock.advance(1)
    again = bank.enrol(bank.token_for(MEI), "Mei")
    assert (again.number, again.role) == (mei.user.number, MerchantRole.VIEWER)
    assert bank.let_in(MEI)


def test_the_bank_invites_the_last_owner_again(bank: Shops) -> None:
    lin = bank.user(LIN)
    bank.clock.advance(1)
    again = bank.enrol(bank.invite(LIN), "Lin")
    assert (again.number, again.state) == (lin.number, UserState.ACTIVE)


def test_somebody_is_invited_so_often_a_day(bank: Shops) -> None:
    lin = bank.signed_in(LIN)
    for _ in range(AN_ADDRESS_A_DAY):
        bank.act(lin, INVITE)
    with pytest.raises(UserInvalid) as refused:
        bank.run(bank.people.confirm(lin, INVITE, "en"))
    assert refused.value.reason == "often"
    assert len(bank.letters(MEI)) == AN_ADDRESS_A_DAY


@pytest.mark.parametrize("email", ["", "mei", "mei@shop", "mei@shop.example\nBcc: x@y.example"])
def test_what_is_no_address_is_not_invited(bank: Shops, email: str) -> None:
    with pytest.raises(UserInvalid) as refused:
        bank.run(bank.people.confirm(bank.signed_in(LIN), INVITE._replace(whom=email), "en"))
    assert refused.value.reason == "email"


def test_of_a_suspended_merchant_people_read_and_refund_and_take_no_money(bank: Shops) -> None:
    bank.services.merchants.set_status(bank.teahouse.number, "suspended")
    lin = bank.signed_in(LIN)
    lin.require(Permission.ORDERS_READ)
    lin.require(Permission.ORDERS_REFUND)
    with pytest.raises(MerchantSuspended):
        lin.require(Permission.ORDERS_TAKE)


def test_what_each_role_may(bank: Shops) -> None:
    may = {role: {one.value for one in Permission if one in role_permissions(role)} for role in MerchantRole}
    reads = {"orders.read", "keys.read", "webhooks.read", "people.read"}
    assert may[MerchantRole.OWNER] == set(Permission)
    assert may[MerchantRole.DEVELOPER] == reads | {"keys.write", "webhooks.write"}
    assert may[MerchantRole.OPERATOR] == {"orders.read", "orders.take", "orders.refund"}
    assert may[MerchantRole.VIEWER] == reads


def role_permissions(role: MerchantRole) -> frozenset[Permission]:
    from feiqian.merchant_users.model import PERMISSIONS

    return PERMISSIONS[role]
