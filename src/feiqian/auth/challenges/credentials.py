"""What people have enrolled, as rows: hashes, token secrets, keys. All functions block, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, and_, delete, insert, select, update

from feiqian.auth.challenges.model import FactorView
from feiqian.auth.challenges.passkeys import Credential, Signed
from feiqian.auth.challenges.tables import changed, insert_missing, keys, of, secrets
from feiqian.columns import SUBJECT
from feiqian.field_cipher import FieldCipher
from feiqian.ids import FACTOR, new_id
from feiqian.policy.factors import Factor
from feiqian.runtime import logs
from feiqian.subjects import Subject

KEYS = (Factor.PASSKEY, Factor.SHIELD)
ENROLLED = (Factor.TOTP, *KEYS)  # added and removed; of the others there is always one
_s, _k = secrets.c, keys.c
_log = logs.get("feiqian.verification")


class Key(NamedTuple):
    """An enrolled key."""

    id: str
    subject: Subject
    factor: Factor
    credential: bytes
    public_key: bytes
    transports: tuple[str, ...]


def put_secret(
    connection: Connection, subject: Subject, factor: Factor, secret: bytes, now: int, last_step: int = -1
) -> str:
    """Sets the one password, PIN or token of a subject. Returns its new id."""
    id = new_id(FACTOR, now)
    values = {"id": id, "secret": secret, "last_step": last_step, "added_at": now, "used_at": 0}
    row = {"factor": str(factor)} | SUBJECT.values(subject) | values
    if not insert_missing(connection, secrets, row):
        connection.execute(update(secrets).where(_one(subject, factor)).values(values))
    return id


def add_secrets(connection: Connection, subjects: Iterable[Subject], hashes: Mapping[Factor, bytes], now: int) -> None:
    """The same passwords and PINs for many who have none yet, such as a demo's people; fast."""
    shared = {"last_step": -1, "added_at": now, "used_at": 0}
    rows = [
        {"id": new_id(FACTOR, now), "role": str(role), "number": number, "factor": str(factor), "secret": hash} | shared
        for role, number in subjects
        for factor, hash in hashes.items()
    ]
    if rows:
        connection.execute(insert(secrets), rows)


def secret_of(connection: Connection, subject: Subject, factor: Factor) -> bytes | None:
    """As stored: the hash's letters, or the sealed secret."""
    secret = connection.execute(select(_s.secret).where(_one(subject, factor))).scalar()
    return None if secret is None else bytes(secret)


def used_secret(connection: Connection, subject: Subject, factor: Factor, now: int) -> None:
    connection.execute(update(secrets).where(_one(subject, factor)).values(used_at=now))


def rehash(connection: Connection, subject: Subject, factor: Factor, old: bytes, new: bytes) -> None:
    """Another hash of the same secret, unless it was changed meanwhile."""
    connection.execute(update(secrets).where(_one(subject, factor), _s.secret == old).values(secret=new))


def take_step(connection: Connection, subject: Subject, step: int, now: int) -> bool:
    """Accepts a token's step once, and none before it any more: of two who send the same code, one wins."""
    newer = update(secrets).where(_one(subject, Factor.TOTP), _s.last_step < step)
    return changed(connection, newer.values(last_step=step, used_at=now)) == 1


def token_secret(cipher: FieldCipher, subject: Subject, sealed: bytes) -> str:
    """A token's secret in base 32."""
    return cipher.open(sealed, _token_place(subject)).decode()


def seal_token(cipher: FieldCipher, subject: Subject, secret: str) -> bytes:
    return cipher.seal(secret.encode(), _token_place(subject))


def add_key(
    connection: Connection, subject: Subject, factor: Factor, key: Credential, label: str, now: int
) -> FactorView | None:
    """Keeps a new key; None if its credential is enrolled already, by anyone."""
    view = FactorView(new_id(FACTOR, now), factor, label, now, 0)
    if connection.execute(select(_k.id).where(_k.credential == key.id)).first() is not None:
        return None
    row = {"id": view.id, "factor": str(factor)} | SUBJECT.values(subject)
    row |= {"credential": key.id, "public_key": key.public_key, "sign_count": key.sign_count}
    row |= {"user_verified": int(key.user_verified), "transports": ",".join(key.transports)}
    connection.execute(insert(keys).values(row | {"label": label, "added_at": now, "used_at": 0}))
    return view


def keys_of(connection: Connection, subject: Subject, factor: Factor) -> Sequence[Key]:
    rows = connection.execute(select(keys).where(of(keys, subject), _k.factor == str(factor)).order_by(_k.id))
    return [_key(row) for row in rows]


def key_by_credential(connection: Connection, credential: bytes) -> Key | None:
    row = connection.execute(select(keys).where(_k.credential == credential)).first()
    return None if row is None else _key(row)


def take_count(connection: Connection, key: Key, signed: Signed, now: int) -> bool:
    """Accepts a key's count of signatures, which only rises (or is always 0): one that does not is perhaps a copy's."""
    count = signed.sign_count
    rises = _k.sign_count < count if count else _k.sign_count == 0
    if changed(connection, update(keys).where(_k.id == key.id, rises).values(sign_count=count, used_at=now)) == 1:
        return True
    _log.warning("key_count_went_back", factor=key.id, subject=str(key.subject), count=count)
    return False


def listed(connection: Connection, subject: Subject) -> Sequence[FactorView]:
    """The oldest first."""
    held = connection.execute(select(_s.id, _s.factor, _s.added_at, _s.used_at).where(of(secrets, subject)))
    views = [FactorView(row.id, Factor(row.factor), "", row.added_at, row.used_at) for row in held]
    signing = connection.execute(select(_k.id, _k.factor, _k.label, _k.added_at, _k.used_at).where(of(keys, subject)))
    views += [FactorView(row.id, Factor(row.factor), row.label, row.added_at, row.used_at) for row in signing]
    return sorted(views, key=lambda view: (view.added_at, view.id))


def remove(connection: Connection, subject: Subject, id: str) -> bool:
    """Removes a token or key; whether there was one."""
    token = and_(of(secrets, subject), _s.id == id, _s.factor == str(Factor.TOTP))
    removed = changed(connection, delete(secrets).where(token))
    return removed + changed(connection, delete(keys).where(of(keys, subject), _k.id == id)) > 0


def kinds(connection: Connection, subject: Subject) -> frozenset[Factor]:
    """Which of the factors that are enrolled here a subject has."""
    query = select(_s.factor).where(of(secrets, subject)).union(select(_k.factor).where(of(keys, subject)))
    return frozenset(Factor(name) for name in connection.execute(query).scalars())


def _one(subject: Subject, factor: Factor) -> Any:
    return of(secrets, subject) & (_s.factor == str(factor))


def _key(row: Any) -> Key:
    transports = tuple(name for name in row.transports.split(",") if name)
    return Key(row.id, SUBJECT.of(row), Factor(row.factor), bytes(row.credential), bytes(row.public_key), transports)


def _token_place(subject: Subject) -> str:
    return f"verification_secrets/secret/{subject}/totp"
