"""The tables of customers. Mobile numbers, e-mail addresses and documents are sealed; looked up by keyed hashes."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, SmallInteger, String, Table

from feiqian.columns import SUBJECT, Sealed, SubjectColumns
from feiqian.customers.model import NAME_LENGTH
from feiqian.db import BIG, METADATA, index_of_few

customers = Table(
    "customers",
    METADATA,
    Column("number", BIG, primary_key=True, autoincrement=False),
    Column("id", String(36), nullable=False, unique=True),
    Column("name", String(NAME_LENGTH), nullable=False),
    Column("created_at", BIG, nullable=False),
    Column("level", SmallInteger, nullable=False),  # a number of `levels`
)
# The name of each level that the bank's policy ever had, and the number that the name has got.
levels = Table(
    "customers_levels",
    METADATA,
    Column("number", SmallInteger, primary_key=True, autoincrement=False),
    Column("name", String(NAME_LENGTH), nullable=False, unique=True),
)
MOBILE, EMAIL = Sealed("customers_profiles/mobile"), Sealed("customers_profiles/email")
PUSH, ADDRESS = Sealed("customers_pushes/address"), Sealed("customers_applications/address")
FROZEN_BY = SubjectColumns("frozen_role", "frozen_number")
# Of a customer who can sign in. Customers of a bank that was seeded for a benchmark have none.
profiles = Table(
    "customers_profiles",
    METADATA,
    Column("customer", BIG, ForeignKey("customers.number"), primary_key=True, autoincrement=False),
    Column("mobile", MOBILE, nullable=False),
    Column("mobile_blind", LargeBinary(16), nullable=False, unique=True),
    Column("email", EMAIL),
    Column("language", String(8), nullable=False),
    Column("cooling_until", BIG, nullable=False),  # 0: never
    Column("frozen", String(10), nullable=False),  # "" or "frozen"
    *FROZEN_BY.columns(),
    Column("frozen_at", BIG, nullable=False),
    index_of_few("customers_cooling", "cooling_until", "cooling_until > 0"),
    index_of_few("customers_frozen", "frozen", "frozen <> ''"),
)
# Since when the number is on file of a customer who has changed it.
mobile_changes = Table(
    "customers_mobile_changes",
    METADATA,
    Column("customer", BIG, ForeignKey("customers.number"), primary_key=True, autoincrement=False),
    Column("at", BIG, nullable=False),
)
# What payment codes are of. Numbers are given in order; one that is revoked stays, so that none is given twice.
issuing_devices = Table(
    "issuing_devices",
    METADATA,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("customer", BIG, ForeignKey("customers.number"), nullable=False, index=True),
    Column("created_at", BIG, nullable=False),
    Column("revoked_at", BIG, nullable=False),  # 0: never
)
# Phones that keep codes of the coming minutes: each has an issuing device of its own, beside its customer's.
issuing_phones = Table(
    "issuing_phones",
    METADATA,
    Column("number", Integer, ForeignKey("issuing_devices.number"), primary_key=True, autoincrement=False),
    Column("customer", BIG, ForeignKey("customers.number"), nullable=False, index=True),
    Column("phone", String(36), nullable=False),  # the device that sessions know; "" once it is signed out
    Column("until", BIG, nullable=False),  # Unix seconds: no code that was given out holds longer
)
# Customers whom a seed invented, in one row: everyone else is a person who registered.
seeded = Table(
    "customers_seeded",
    METADATA,
    Column("first", BIG, primary_key=True, autoincrement=False),
    Column("last", BIG, nullable=False),
)
# Who has chosen the language on file: no sign-in changes it. For others it is that of the last sign-in.
chosen_languages = Table(
    "customers_chosen_languages",
    METADATA,
    Column("customer", BIG, ForeignKey("customers.number"), primary_key=True, autoincrement=False),
)
# Where a web push service is told of news: one row for each browser that asked for it.
pushes = Table(
    "customers_pushes",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("customer", BIG, ForeignKey("customers.number"), nullable=False, index=True),
    Column("address", PUSH, nullable=False),
    Column("address_blind", LargeBinary(16), nullable=False, unique=True),
)
# An address that somebody has to show is theirs: a newcomer's number, or a customer's new number or e-mail address.
applications = Table(
    "customers_applications",
    METADATA,
    Column("id", String(36), primary_key=True),
    *SUBJECT.columns(),  # an applicant, or nobody where the number is a customer's already
    Column("kind", String(10), nullable=False),  # register, mobile, email
    Column("customer", BIG, nullable=False),  # whose new address it is to be; 0 of newcomers
    Column("address", ADDRESS, nullable=False),
    Column("language", String(8), nullable=False),
    Column("challenge", String(36), nullable=False, index=True),
    Column("created_at", BIG, nullable=False),
    Column("confirmed_at", BIG, nullable=False),  # 0: not yet
    Column("finished_at", BIG, nullable=False),
    Index("customers_applicants", "role", "number", "created_at"),
)
