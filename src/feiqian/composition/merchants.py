"""Who signs in for merchants: built here, for the composition root and for the command line."""

from __future__ import annotations

from feiqian.audit_log.log import AuditLog
from feiqian.auth.secrets import Secrets
from feiqian.auth.sessions.service import Sessions
from feiqian.clock import Clock
from feiqian.data_key import data_key_of
from feiqian.db import BankDb
from feiqian.merchant_users.invitations import BankInvitations, Letters
from feiqian.merchant_users.own import OwnAccess
from feiqian.merchant_users.people import People
from feiqian.merchant_users.service import MerchantUsers
from feiqian.merchant_users.users import Users
from feiqian.merchants.registry import Merchants
from feiqian.notify.adapters import adapters_from
from feiqian.notify.service import Notify
from feiqian.outbox.service import Outbox
from feiqian.policy.load import load_policy
from feiqian.runtime.work import Work
from feiqian.services import Services
from feiqian.settings import Settings


def add_merchant_users(s: Services, secrets: Secrets) -> None:
    """Who signs in for merchants, and what its owners do about that."""
    letters = Letters(notify=s.notify, origin=s.settings.public_origin)
    s.merchant_users = MerchantUsers(
        transactions=s.transactions,
        clock=s.clock,
        cipher=s.cipher,
        audit_log=s.audit_log,
        sessions=s.sessions,
        verification=s.verification,
        factors=s.factors,
        merchants=s.merchants,
        letters=letters,
    )
    s.at_work[s.merchant_users.role] = s.merchant_users
    users = s.merchant_users.users
    s.factors.resolver.ask_of(s.merchant_users.role, users)
    s.own_access = OwnAccess(
        transactions=s.transactions,
        clock=s.clock,
        audit_log=s.audit_log,
        sessions=s.sessions,
        factors=s.factors,
        verification=s.verification,
        secrets=secrets,
        letters=letters,
    )
    s.people = People(
        transactions=s.transactions,
        clock=s.clock,
        verification=s.verification,
        users=users,
        letters=letters,
    )
    s.bank_invitations = BankInvitations(clock=s.clock, users=users, letters=letters)


def invitations_beside(settings: Settings, db: BankDb, work: Work, clock: Clock) -> tuple[BankInvitations, Merchants]:
    """The same, beside a server that may run and sends what is queued here."""
    cipher, policy = data_key_of(db, settings.data_key), load_policy(settings.policy)
    adapters = adapters_from(settings, db, cipher, clock, work, lambda *_: False)
    notify = Notify(Outbox(db, cipher, clock, work), db, cipher, policy, clock, work, adapters)
    users = Users(cipher, AuditLog(), Sessions(db, policy, clock, work))
    letters = Letters(notify=notify, origin=settings.public_origin)
    invitations = BankInvitations(clock=clock, users=users, letters=letters)
    return invitations, Merchants(db, settings.mode, ask_seconds=settings.database_seconds)
