"""Who customers and staff are, and what they prove: built here, for the composition root."""

from __future__ import annotations

from typing import TypedDict
from zoneinfo import ZoneInfo

from feiqian.audit_log.log import AuditLog
from feiqian.auth.challenges.service import Verification
from feiqian.auth.changing import Changing
from feiqian.auth.contacts import NewContacts
from feiqian.auth.freezing import Freezing
from feiqian.auth.lost import LostPhones
from feiqian.auth.notices import Notices
from feiqian.auth.preauth import PreAuthRecords
from feiqian.auth.pushes import PushSwitch
from feiqian.auth.reassigned import ReassignedNumbers
from feiqian.auth.recovery import Recovery
from feiqian.auth.secrets import Secrets
from feiqian.auth.security import Security
from feiqian.auth.sign_in import SignIn
from feiqian.backoffice.model import OPERATOR
from feiqian.backoffice.service import Staff
from feiqian.clock import Clock
from feiqian.customers.applications import Applications
from feiqian.customers.registry import Customers
from feiqian.onboarding.newcomers import Newcomers
from feiqian.onboarding.real_name import RealName
from feiqian.onboarding.registration import Registration
from feiqian.runtime.transactions import Transactions
from feiqian.runtime.work import Work
from feiqian.services import Services

from .merchants import add_merchant_users


class Common(TypedDict):
    """What all services of customers' access take."""

    transactions: Transactions
    clock: Clock
    customers: Customers
    audit_log: AuditLog
    notices: Notices


def common_of(s: Services) -> Common:
    """Of this bank, once it has its notices."""
    return {
        "transactions": s.transactions,
        "clock": s.clock,
        "customers": s.customers,
        "audit_log": s.audit_log,
        "notices": s.notices,
    }


class _PreAuth(Common):
    """What the pre-auth flows take besides."""

    work: Work
    verification: Verification
    records: PreAuthRecords


def add_access(s: Services) -> None:
    """Who customers and staff are, what they prove, and what customers change of it."""
    clock, customers, identity, strangers = s.clock, s.customers, s.identity, s.strangers
    s.notices = Notices(
        customers=customers,
        notify=s.notify,
        inbox=s.inbox,
        wishes=s.wishes,
        policy=s.policy,
        zone=ZoneInfo(s.settings.zone),
    )
    common = common_of(s)
    records = PreAuthRecords(cipher=s.cipher, clock=clock, customers=customers, identity=identity, strangers=strangers)
    secrets = Secrets(work=s.work, customers=customers, identity=identity, factors=s.factors, sessions=s.sessions)
    s.freezing = Freezing(**common, accounts=s.accounts, intents=s.intents)
    s.reassigned_numbers = ReassignedNumbers(**common, sessions=s.sessions, operator=OPERATOR)
    s.real_name = RealName(
        **common, work=s.work, policy=s.policy, accounts=s.accounts, identity=identity, intents=s.intents
    )
    s.lost_phones = LostPhones(
        **common,
        cipher=s.cipher,
        rules=s.policy.reports,
        cases=s.cases,
        records=records,
        strangers=strangers,
        freezing=s.freezing,
    )
    _add_pre_auth(s, {**common, "work": s.work, "verification": s.verification, "records": records}, secrets)
    _add_security(s, common, secrets)
    s.intents.declare(s.real_name.intent, s.freezing.intent)
    s.staff = Staff(s.db, s.cipher, s.clock, s.work, s.audit_log, s.sessions, s.verification, s.factors)
    s.at_work[s.staff.role] = s.staff
    add_merchant_users(s, secrets)


def _add_pre_auth(s: Services, common: _PreAuth, secrets: Secrets) -> None:
    """What is asked before somebody is signed in, or before an address is theirs."""
    applications = Applications(s.cipher)
    newcomers = Newcomers(rules=s.policy.identity, identity=s.identity, audit_log=s.audit_log, notices=s.notices)
    s.registration = Registration(
        **common,
        applications=applications,
        newcomers=newcomers,
        strangers=s.strangers,
        identity=s.identity,
        factors=s.factors,
        sessions=s.sessions,
    )
    s.sign_in = SignIn(**common, sessions=s.sessions)
    s.recovery = Recovery(**common, cases=s.cases, secrets=secrets)
    s.new_contacts = NewContacts(**common, applications=applications)


def _add_security(s: Services, common: Common, secrets: Secrets) -> None:
    """For customers who are signed in."""
    s.changing = Changing(
        **common,
        sessions=s.sessions,
        factors=s.factors,
        verification=s.verification,
        contacts=s.new_contacts,
        secrets=secrets,
    )
    s.push_switch = PushSwitch(**common, private=s.settings.push_private)
    s.sessions.when_signed_out(s.customers.profiles.pushes.signed_out)
    s.security = Security(
        **common,
        policy=s.policy,
        accounts=s.accounts,
        sessions=s.sessions,
        factors=s.factors,
        verification=s.verification,
        customer_cases=s.cases,
        freezing=s.freezing,
    )
