"""The table of merchants' people. Names and addresses are sealed; what is compared of an address is blinded."""

from __future__ import annotations

from sqlalchemy import Column, Index, LargeBinary, String, Table

from feiqian.columns import Sealed, Word
from feiqian.db import BIG, METADATA
from feiqian.merchant_users.model import MerchantRole, UserState

EMAIL, NAME = Sealed("merchant_users/email"), Sealed("merchant_users/name")
users = Table(
    "merchant_users",
    METADATA,
    Column("number", BIG, primary_key=True, autoincrement=False),
    Column("id", String(36), nullable=False, unique=True),
    Column("merchant", BIG, nullable=False),
    Column("email", EMAIL, nullable=False),
    Column("email_blind", LargeBinary(16), nullable=False),
    Column("login_blind", LargeBinary(16), unique=True),  # of whoever signs in with the address; null of all others
    Column("name", NAME, nullable=False),
    Column("role", Word(MerchantRole, 10), nullable=False),
    Column("state", Word(UserState, 10), nullable=False),
    Column("language", String(8), nullable=False),
    Column("token_hash", LargeBinary(32), unique=True),  # of the invitation that waits
    Column("invited_at", BIG, nullable=False),
    Column("created_at", BIG, nullable=False),
    Index("merchant_users_of", "merchant", "number"),
)
