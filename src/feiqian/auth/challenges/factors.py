"""What people prove themselves with: passwords, PINs, code tokens, passkeys, shields. Enrols, lists, removes."""

from __future__ import annotations

import builtins
import secrets
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, delete, insert, select

from feiqian.auth.challenges import credentials, strength, totp
from feiqian.auth.challenges.attempt_limiter import AttemptLimiter
from feiqian.auth.challenges.contact_resolver import ContactResolver
from feiqian.auth.challenges.errors import AnswerWrong, EnrolmentRefused, FactorNotEnrolled, FactorNotFound
from feiqian.auth.challenges.hashing import SecretHasher
from feiqian.auth.challenges.model import FactorView, TotpEnrolment
from feiqian.auth.challenges.passkeys import RelyingParty
from feiqian.auth.challenges.tables import SECRET, changed, enrolments, of
from feiqian.clock import MINUTE, Clock
from feiqian.columns import SUBJECT
from feiqian.db import BankDb
from feiqian.field_cipher import FieldCipher
from feiqian.ids import FACTOR, new_id
from feiqian.notify.model import KnowsContacts
from feiqian.policy.factors import Factor
from feiqian.policy.model import Policy
from feiqian.runtime.transactions import Transactions, reads, writes
from feiqian.runtime.work import Work
from feiqian.strings.normal import code_digits
from feiqian.subjects import Role, Subject

if TYPE_CHECKING:
    from feiqian.notify.service import Notify

ENROLMENT = 10 * MINUTE  # that an enrolment may take
LONGEST_LABEL = 60
_OF_NOBODY = frozenset({Factor.PASSWORD, Factor.PIN, Factor.SMS})
_e = enrolments.c


class Factors:
    """`people` knows contacts (a number to send to is a factor, too); `origin` is that of the pages, `apps` of the
    bank's apps."""

    def __init__(
        self,
        db: BankDb,
        cipher: FieldCipher,
        policy: Policy,
        clock: Clock,
        work: Work,
        notify: Notify,
        people: KnowsContacts,
        origin: str,
        hasher: SecretHasher | None = None,
        apps: Sequence[str] = (),
    ) -> None:
        self._cipher, self._policy, self._clock, self._work = cipher, policy, clock, work
        self.transactions = Transactions(db, work)
        self.hasher = hasher or SecretHasher(cipher)
        self.party = RelyingParty(origin, apps)
        self.resolver = ContactResolver(notify, people)
        self.limiter = AttemptLimiter(policy.tries, self.resolver)

    # --- passwords and PINs ------------------------------------------------------------------------------------

    async def new_password(self, password: str, own: Sequence[str]) -> str:
        """The hash of a password that is strong enough, for `put_secret`. Raises TooWeak."""
        return await self._work.heavy(self._hash_password, password, tuple(own))

    async def new_pin(self, pin: str, own: Sequence[str]) -> str:
        """The hash of a PIN of six digits that is not trivial, for `put_secret`. Raises TooWeak."""
        digits = strength.check_pin(pin, own)
        return await self._work.heavy(self.hasher.hash, digits)

    async def set_password(self, subject: Subject, password: str, own: Sequence[str]) -> None:
        """Raises TooWeak. `own`: the person's name, number, birth date and so on, which must not help to guess it."""
        hash = await self.new_password(password, own)
        await self.transactions.write(self.put_secret, subject, Factor.PASSWORD, hash, self._clock.now())

    def put_secret(self, connection: Connection, subject: Subject, factor: Factor, hash: str, now: int) -> None:
        """Sets a password or PIN by its hash, in the caller's transaction (blocks)."""
        credentials.put_secret(connection, subject, factor, hash.encode(), now)

    def _hash_password(self, password: str, own: Sequence[str]) -> str:
        strength.check_password(self._policy.passwords, password, own)
        return self.hasher.hash(password)

    # --- tokens ------------------------------------------------------------------------------------------------

    @writes
    def begin_totp(self, connection: Connection, subject: Subject, account: str) -> TotpEnrolment:
        """A new token's secret; counts once confirmed. `account` is what the token shows as its name."""
        secret = totp.new_secret()
        id = self._begin(connection, subject, Factor.TOTP, secret.encode())
        return TotpEnrolment(id, totp.uri(secret, account))

    @writes
    def confirm_totp(self, connection: Connection, subject: Subject, id: str, code: str) -> FactorView:
        """The token before, if any, counts no more. Raises AnswerWrong, FactorNotFound."""
        now = self._clock.now()
        _, secret = self._enrolment(connection, subject, id, (Factor.TOTP,), now)
        step = totp.step_of(secret.decode(), code_digits(code) or "", now)
        if step is None:
            raise AnswerWrong(self._policy.tries.at_most)  # who enrols knows the secret: nothing can be guessed
        self._end(connection, id)
        sealed = credentials.seal_token(self._cipher, subject, secret.decode())
        factor_id = credentials.put_secret(connection, subject, Factor.TOTP, sealed, now, last_step=step)
        return FactorView(factor_id, Factor.TOTP, "", now, 0)

    # --- keys --------------------------------------------------------------------------------------------------

    @writes
    def begin_key(
        self, connection: Connection, subject: Subject, name: str, display: str, factor: Factor
    ) -> tuple[str, dict[str, Any]]:
        """An enrolment's id, and what the browser is asked for (PublicKeyCredentialCreationOptions as JSON)."""
        if factor not in credentials.KEYS:
            raise FactorNotEnrolled(factor)
        challenge = secrets.token_bytes(32)
        id = self._begin(connection, subject, factor, challenge)
        known = [key.credential for key in credentials.keys_of(connection, subject, factor)]
        return id, self.party.creation(factor, self._handle(subject, factor), (name, display), challenge, known)

    @writes
    def finish_key(
        self, connection: Connection, subject: Subject, id: str, response_json: str, label: str
    ) -> FactorView:
        """`label` is its owner's name for it. Raises EnrolmentRefused, FactorNotFound."""
        now = self._clock.now()
        factor, challenge = self._enrolment(connection, subject, id, credentials.KEYS, now)
        key = self.party.created(response_json, challenge)
        label = label.strip()[:LONGEST_LABEL]
        view = key and credentials.add_key(connection, subject, factor, key, label, now)
        if view is None:
            raise EnrolmentRefused
        self._end(connection, id)
        return view

    def _handle(self, subject: Subject, factor: Factor) -> bytes:
        """What a key calls its owner: says nothing, and differs, so that one device may be passkey and shield."""
        return self._cipher.blind_index(f"{subject} {factor}", "webauthn")

    # --- all ---------------------------------------------------------------------------------------------------

    @reads
    def list(self, connection: Connection, subject: Subject) -> builtins.list[FactorView]:
        """What is enrolled, the oldest first."""
        return [*credentials.listed(connection, subject)]

    @reads
    def removable(self, connection: Connection, subject: Subject, factor_id: str) -> FactorView:
        """A token or key, to be named before it is removed. Raises FactorNotFound."""
        for view in credentials.listed(connection, subject):
            if view.id == factor_id and view.factor in credentials.ENROLLED:
                return view
        raise FactorNotFound

    @writes
    def remove(self, connection: Connection, subject: Subject, factor_id: str) -> None:
        """Removes a token or key. Raises FactorNotFound; passwords and PINs are changed, never removed."""
        if not credentials.remove(connection, subject, factor_id):
            raise FactorNotFound

    def has(self, connection: Connection, subject: Subject, factor: Factor) -> bool:
        """Whether they can use it (blocks). Nobody has what most have, so that they are asked for it."""
        return factor in self.all_of(connection, subject)

    def all_of(self, connection: Connection, subject: Subject) -> frozenset[Factor]:
        """All that they can use (blocks)."""
        held = credentials.kinds(connection, subject) | self.resolver.channels(connection, subject)
        return _OF_NOBODY if subject.role is Role.NOBODY else held

    # --- enrolments under way ----------------------------------------------------------------------------------

    def _begin(self, connection: Connection, subject: Subject, factor: Factor, secret: bytes) -> str:
        now = self._clock.now()
        id = new_id(FACTOR, now)
        row = {"id": id, "factor": str(factor)} | SUBJECT.values(subject)
        row |= {"secret": SECRET.seal(self._cipher, secret, id), "expires_at": now + ENROLMENT}
        connection.execute(delete(enrolments).where(of(enrolments, subject), _e.factor == str(factor)))
        connection.execute(insert(enrolments).values(row))
        return id

    def _enrolment(
        self, connection: Connection, subject: Subject, id: str, factors: Sequence[Factor], now: int
    ) -> tuple[Factor, bytes]:
        mine = (_e.id == id, of(enrolments, subject), _e.factor.in_(map(str, factors)), _e.expires_at > now)
        row: Any = connection.execute(select(_e.factor, _e.secret).where(*mine)).first()
        if row is None:
            raise FactorNotFound
        return Factor(row.factor), SECRET.open(self._cipher, row.secret, id)

    def _end(self, connection: Connection, id: str) -> None:
        """Of two who finish the same, one does."""
        if not changed(connection, delete(enrolments).where(_e.id == id)):
            raise FactorNotFound
