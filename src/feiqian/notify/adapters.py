"""Which adapter sends by which channel, by the settings. A live bank without a way to send codes does not start."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection

from feiqian.clock import Clock
from feiqian.db import BankDb
from feiqian.field_cipher import FieldCipher
from feiqian.notify.inbox import Inbox
from feiqian.notify.model import Adapter, Channel, Outgoing
from feiqian.notify.push import ContactInvalid, Push
from feiqian.notify.push_key import open_push_key
from feiqian.notify.smpp import Smpp, SmppInvalid, SmppServer
from feiqian.notify.smtp import Smtp, SmtpInvalid, SmtpServer
from feiqian.runtime.transactions import Transactions
from feiqian.runtime.work import Work
from feiqian.settings import Settings, SettingsInvalid
from feiqian.subjects import Subject

PUSH_KEY = "push-key.pem"
PushKept = Callable[[Connection, Subject, str], bool]  # whose message, and to which subscription


def adapters_from(
    settings: Settings, db: BankDb, cipher: FieldCipher, clock: Clock, work: Work, push_kept: PushKept
) -> dict[Channel, Adapter]:
    """In test mode, what has no URL goes to the inbox. Push messages are sent only if somebody answers for them, and
    to browsers of which `push_kept` says at that moment that they are the customer's.

    Raises SettingsInvalid: in live mode without `sms_url` or `email_url`, or with a URL that cannot be used.
    """
    if settings.push_private and settings.mode == "live":
        raise SettingsInvalid("push_private: a live bank pushes to public services only, by https; leave it false")
    inbox = Inbox(db, cipher, clock, work)
    adapters: dict[Channel, Adapter] = {
        Channel.SMS: _sms(settings) or _only_in_test(inbox, settings, "sms_url", "smpp://user:password@host:port"),
        Channel.EMAIL: _email(settings, clock)
        or _only_in_test(inbox, settings, "email_url", "smtps://user:password@host:port"),
    }
    if settings.push_contact:
        adapters[Channel.PUSH] = _push(settings, clock, Transactions(db, work), push_kept)
    return adapters


def _sms(settings: Settings) -> Adapter | None:
    try:
        return Smpp(SmppServer.of(settings.sms_url)) if settings.sms_url else None
    except SmppInvalid as error:
        raise SettingsInvalid(f"sms_url: {error}") from None


def _email(settings: Settings, clock: Clock) -> Adapter | None:
    if not settings.email_url:
        return None
    try:
        server = SmtpServer.of(settings.email_url)
    except SmtpInvalid as error:
        raise SettingsInvalid(f"email_url: {error}") from None
    try:
        return Smtp(server, settings.email_from, clock)
    except SmtpInvalid as error:
        raise SettingsInvalid(f"email_from: {error}") from None


def _push(settings: Settings, clock: Clock, transactions: Transactions, kept: PushKept) -> Adapter:
    async def wanted(outgoing: Outgoing) -> bool:
        return await transactions.read(kept, outgoing.to, outgoing.address)

    key, private = open_push_key(settings.file(PUSH_KEY)), settings.push_private
    try:
        return Push(key, settings.push_contact, clock, private=private, wanted=wanted)
    except ContactInvalid as error:
        raise SettingsInvalid(f"push_contact: {error}") from None


def _only_in_test(inbox: Inbox, settings: Settings, name: str, form: str) -> Adapter:
    if settings.mode == "live":
        raise SettingsInvalid(f"{name} is empty: a live bank must send its codes; set it to {form}")
    return inbox
