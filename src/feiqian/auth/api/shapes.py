"""What customers' apps send and are sent. Bounds stand here; nothing that proves who somebody is is ever sent back."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec

from feiqian.kyc.images import FILES
from feiqian.policy.factors import Factor, Purpose
from feiqian.strings.patterns import LINE, matching

KEY_BODY_BYTES = 64 * 1024  # with what a key signs, or says of itself when it is enrolled

# What people type or paste has marks, spaces and digits of their keyboards: its form is judged by whoever takes it.
Mobile = Annotated[
    str,
    msgspec.Meta(min_length=4, max_length=64, description="E.164, or as people write it.", examples=["+8613855510001"]),
]
Email = Annotated[str, matching(LINE, max_length=254)]
Secret = Annotated[str, matching(LINE, min_length=1, max_length=128, examples=["lantern-orbit-49-teapot"])]
Pin = Annotated[str, msgspec.Meta(min_length=1, max_length=64, description="Six digits.", examples=["490713"])]
KnownSecret = Annotated[
    str, matching(LINE + r"\n?", min_length=1, max_length=128, examples=["lantern-orbit-49-teapot"])
]  # versions before kept a newline
PersonName = Annotated[str, matching(LINE, min_length=1, max_length=100, examples=["陈静怡"])]
DocumentNumber = Annotated[
    str, msgspec.Meta(max_length=64, description="Digits and Latin letters.", examples=["110105199003070770"])
]
MachineReadableZone = Annotated[str, msgspec.Meta(max_length=352, description="Two lines of 44 characters.")]
Date = Annotated[str, matching("([0-9]{4}-[0-9]{2}-[0-9]{2})?", description="ISO 8601, such as 1990-03-07.")]
Language = Literal["en", "zh", "es"]
Id = Annotated[
    str, matching("[a-z0-9_]+", min_length=1, max_length=64, examples=["chl_01a21ac8d8a073fb8e8d69f236941c11"])
]
Token = Annotated[str, matching("[A-Za-z0-9._-]*", max_length=256)]
Note = Annotated[str, matching(r"[^\x00-\x08\x0b-\x1f\x7f]*", max_length=500)]
Label = Annotated[str, matching(LINE, max_length=60)]
AnswerText = Annotated[
    str,
    msgspec.Meta(
        min_length=1,
        max_length=8_000,
        description="A code, a secret, or a WebAuthn answer as JSON.",
        examples=["490713"],
    ),
]
EnrolmentText = Annotated[
    str, msgspec.Meta(min_length=1, max_length=8_000, description="A WebAuthn answer as JSON.", examples=["{}"])
]
Sent = Annotated[Literal["sms", "email"], msgspec.Meta(examples=["sms"])]
Key = Literal["passkey", "shield"]


class Body(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What all requests have in common: no field that is not known."""


# --- sent by apps ----------------------------------------------------------------------------------------------------


class RegistrationStart(Body, frozen=True):
    """Somebody wants to become a customer."""

    mobile: Mobile


class RegistrationConfirm(Body, frozen=True):
    """The application whose number the challenge has confirmed."""

    application: Annotated[Id, msgspec.Meta(examples=["app_01a21ac8d8a073fb8e8d69f236941c11"])]


class RegistrationFinish(Body, frozen=True):
    """Who they are. A passport needs its machine-readable zone; `cn_id` its number: a Chinese identity card, the permit
    of a resident of Hong Kong, Macao or Taiwan, or the residence card of a foreigner."""

    name: PersonName
    document: Literal["cn_id", "passport"]
    password: Secret
    pin: Pin
    number: DocumentNumber = ""
    mrz: MachineReadableZone = ""
    birth: Date = ""
    email: Email = ""
    device_token: Token = ""


class SignInStart(Body, frozen=True):
    """The first of two factors. `device_token` is what the app was given the last time: wrong answers are counted for
    its device then, and nobody else's wrong answers lock it."""

    mobile: Mobile
    password: KnownSecret
    device_token: Token = ""


class SignInFinish(Body, frozen=True):
    """`device_token` is what the app was given the last time, so that its device is known again."""

    device_token: Token = ""


class PasskeySignIn(Body, frozen=True):
    """The passkey's answer, as JSON (WebAuthn, AuthenticationResponseJSON)."""

    response: AnswerText
    device_token: Token = ""


class RecoveryStart(Body, frozen=True):
    """What somebody who has forgotten a secret has to know."""

    what: Literal["password", "pin"]
    mobile: Mobile
    number: DocumentNumber
    name: PersonName


class RecoveryFinish(Body, frozen=True):
    """The new password or PIN."""

    secret: Secret


class LostPhone(Body, frozen=True):
    """What somebody whose phone is gone has to know."""

    mobile: Mobile
    number: DocumentNumber
    name: PersonName


class SendCode(Body, frozen=True):
    """Where to send a code."""

    factor: Sent


class KeyOptions(Body, frozen=True):
    """Which sort of key is to sign."""

    factor: Key


class FactorAnswer(Body, frozen=True):
    """One factor's answer to a challenge."""

    factor: Annotated[Factor, msgspec.Meta(examples=["sms"])]
    answer: AnswerText


class ChallengeStart(Body, frozen=True):
    """What is to be changed, once it has been proved who asks.

    `kind`: of add_factor passkey, shield or totp; of change_contact mobile or email. `reference`: of change_contact the
    new address, of remove_factor the factor's id (the text that is signed names it).
    """

    purpose: Annotated[
        Literal["unfreeze", "change_password", "change_pin", "add_factor", "remove_factor", "change_contact"],
        msgspec.Meta(examples=["change_password"]),
    ]
    kind: Literal["", "passkey", "shield", "totp", "mobile", "email"] = ""
    reference: Email = ""


class WithChallenge(Body, frozen=True):
    """A challenge that has been passed for this."""

    challenge: Id


class ContactStart(Body, frozen=True):
    """A new address, which the challenge was passed for."""

    challenge: Id
    kind: Annotated[Literal["mobile", "email"], msgspec.Meta(examples=["mobile"])]
    address: Annotated[str, matching(LINE, min_length=3, max_length=254, examples=["+8613855510002"])]


class NewSecret(Body, frozen=True):
    """A new password or PIN, and the challenge that was passed for it."""

    challenge: Id
    secret: Secret


class Report(Body, frozen=True):
    """What happened, in the customer's words."""

    note: Note = ""


class IdentityImages(Body, frozen=True):
    """Pictures of the document (JPEG, PNG, WebP), each in base64."""

    images: Annotated[list[bytes], msgspec.Meta(min_length=1, max_length=FILES, examples=[["iVBORw0KGgo="]])]


class TokenConfirmation(Body, frozen=True):
    """A code of the token app that is being enrolled."""

    code: Annotated[str, msgspec.Meta(min_length=1, max_length=64, description="Six digits.", examples=["123456"])]


class KeyEnrolment(Body, frozen=True):
    """The new key's answer, as JSON (WebAuthn, RegistrationResponseJSON), and what to call it."""

    response: EnrolmentText
    label: Label = ""


class KeyStart(Body, frozen=True):
    """Which sort of key is to be enrolled."""

    challenge: Id
    factor: Key


class LanguageChange(Body, frozen=True):
    """What messages and texts are in from now on."""

    language: Language


# --- sent to apps ----------------------------------------------------------------------------------------------------


class Done(msgspec.Struct, frozen=True):
    """It is done."""

    done: bool = True


class ChallengeShown(msgspec.Struct, frozen=True):
    """A challenge: any one of `combinations`, factor by factor, passes it. `text` is what is confirmed, to be shown.
    `digits`: how many an answer has, of PINs and codes. `locked`: which factors are not accepted before when."""

    id: str
    purpose: Purpose
    text: str
    combinations: list[list[Factor]]
    passed: list[Factor]
    state: Literal["open", "passed", "spent", "void", "expired", "locked"]
    expires_at: datetime
    sent_to: dict[str, str]
    tries_left: int
    digits: dict[str, int] = {}
    locked: dict[str, datetime] = {}


class Registering(msgspec.Struct, frozen=True):
    """The application, and the challenge that confirms its number."""

    application: str
    challenge: ChallengeShown


class SignedIn(msgspec.Struct, frozen=True):
    """The session's token goes into `Authorization: Bearer`; both tokens are told this once."""

    token: str
    device_token: str
    expires_at: datetime


class KeyChallenge(msgspec.Struct, frozen=True):
    """What to hand to the platform's WebAuthn, as JSON in its own format; `id` names the challenge or enrolment."""

    id: str
    options: dict[str, Any]


class Wallet(msgspec.Struct, frozen=True):
    """A balance, in minor units of its currency (letters of ISO 4217)."""

    currency: str
    balance: int


class Me(msgspec.Struct, frozen=True, omit_defaults=True):
    """Who is signed in. `cooling_until`: limits are low until then, if they are."""

    id: str
    name: str
    level: str
    language: Language
    mobile: str  # masked
    email: str  # masked
    frozen: bool
    frozen_by_bank: bool
    cooling_until: datetime | None
    wallets: list[Wallet]
    incomplete: bool = False  # balances are right, and the list of payments lacks something until it is repaired


class Code(msgspec.Struct, frozen=True):
    """The digits to show as QR and bar code. Show another from `refresh_at`."""

    digits: str
    valid_until: datetime
    refresh_at: datetime


class ReviewShown(msgspec.Struct, frozen=True):
    """What came of checking an identity: verified, refused (`reasons` say why), or unknown: staff are looking."""

    id: str
    outcome: Literal["verified", "refused", "unknown"]
    reasons: list[str]
    level: str


class DeviceShown(msgspec.Struct, frozen=True):
    """A device that was signed in from; `here` is the one that asks."""

    id: str
    label: str
    first_at: datetime
    seen_at: datetime
    here: bool


class FactorShown(msgspec.Struct, frozen=True):
    """Something enrolled to prove who one is."""

    id: str
    factor: Factor
    label: str
    added_at: datetime
    used_at: datetime | None


class SignInShown(msgspec.Struct, frozen=True):
    """A sign-in that was tried."""

    at: datetime
    outcome: str
    user_agent: str
    new_device: bool


class SecurityShown(msgspec.Struct, frozen=True):
    """The security centre."""

    devices: list[DeviceShown]
    factors: list[FactorShown]
    sign_ins: list[SignInShown]


class CaseLine(msgspec.Struct, frozen=True):
    """One entry of a time line."""

    at: datetime
    what: str
    text: str


class CaseShown(msgspec.Struct, frozen=True):
    """A case, and its time line."""

    id: str
    kind: str
    state: str
    opened_at: datetime
    timeline: list[CaseLine]


class CaseList(msgspec.Struct, frozen=True):
    """The customer's cases, newest first."""

    data: list[CaseShown]


class TokenEnrolment(msgspec.Struct, frozen=True):
    """A one-time-code token's enrolment; `uri` (otpauth:) holds its secret. Confirm it with a code."""

    id: str
    uri: str


class WaitingShown(msgspec.Struct, frozen=True):
    """A payment that waits for its customer. Amount in minor units. `paid_before`: you have paid this merchant the same
    amount then, minutes ago: perhaps this is the same again."""

    id: str
    merchant: str
    amount: int
    currency: str
    description: str
    created_at: datetime
    expires_at: datetime
    paid_before: datetime | None = None


class WaitingList(msgspec.Struct, frozen=True, omit_defaults=True):
    """All that waits, newest first. `incomplete`: something may be missing until the bank has repaired its record."""

    data: list[WaitingShown]
    incomplete: bool = False


class DeclinedByLimit(msgspec.Struct, frozen=True):
    """The limit that declined a payment, as it was then. `amount` and `left` in minor units, or payments where
    `counts`; `resets_at`: when it is fresh again, null where no calendar says so."""

    scope: str
    period: str
    rule: str
    amount: int
    left: int
    resets_at: datetime | None
    counts: bool


class PaymentShown(msgspec.Struct, frozen=True):
    """A payment as its customer sees it. Amounts in minor units. `source`: "wallet", or the id of an own account;
    `limit`: of one that a limit declined."""

    id: str
    status: str
    reason: str | None
    amount: int
    refunded: int
    currency: str
    merchant: str
    description: str
    created_at: datetime
    source: str
    limit: DeclinedByLimit | None = None


class CorrectionShown(msgspec.Struct, frozen=True):
    """A correction of a wallet by the bank. `amount` in minor units, above zero in the customer's favour."""

    reference: str
    amount: int
    currency: str
    created_at: datetime


class PaymentList(msgspec.Struct, frozen=True, omit_defaults=True):
    """The newest payments, and what the bank has corrected of late.

    `incomplete`: something is missing until the bank has repaired its record.
    """

    data: list[PaymentShown]
    incomplete: bool = False
    corrections: list[CorrectionShown] = []
