"""Statements as files: built here, for the composition root. They stand on activity, which asks all features."""

from __future__ import annotations

from feiqian.services import Services
from feiqian.statements.given import GivenOut
from feiqian.statements.service import StatementFiles
from feiqian.web.symbols import qr_picture


def add_statements(s: Services) -> None:
    """What a customer's account had in a period, as files."""
    s.statement_files = StatementFiles(
        clock=s.clock,
        transactions=s.transactions,
        customers=s.customers,
        deposits=s.deposits,
        holdings=s.statements,
        reads=s.reads,
        activity=s.activity,
        given=GivenOut(transactions=s.transactions, cipher=s.cipher, customers=s.customers),
        press=s.press,
        zone=s.settings.zone,
        prefix=s.settings.account_prefix,
        origin=s.settings.public_origin,
        picture=qr_picture,
    )
