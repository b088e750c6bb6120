"""Every kind of file says the same: ids, days, amounts, parties and balances, as programs of others read it."""

from __future__ import annotations

from decimal import Decimal

from feiqian.statements.model import Format
from tests.statements.keepers import Keepers, read, text_of_pdf

READABLE = (Format.CSV, Format.XLSX, Format.OFX, Format.CAMT)


def test_all_files_of_a_period_agree(bank: Keepers) -> None:
    mei = bank.holder(100_000)
    savings = bank.account(mei, 50_000)
    shop, other = (
        bank.shop("柠檬茶 <北京店> & Söhne"),
        bank.shop("A shop with a name longer than thirty-two characters"),
    )
    paid = bank.pay(mei, shop, 1_250, "两杯")
    bank.refund(shop, paid, 250)
    bank.pay(mei, other, 99)
    bank.move(mei, "wallet", savings.id, 20_000)
    files = {format: bank.ask(mei, format, "2027") for format in READABLE}
    found = {format: read(format, file.content) for format, file in files.items()}
    said = found[Format.CSV]
    assert [entry.amount for entry in said.entries] == [
        Decimal(text) for text in ("1000.00", "-12.50", "2.50", "-0.99", "-200.00")
    ]
    assert (said.opening, said.closing) == (Decimal("0.00"), Decimal("789.01"))
    for format in (Format.XLSX, Format.OFX, Format.CAMT):
        assert found[format]._replace(entries=[]) == said._replace(entries=[])
        assert [entry[:3] for entry in found[format].entries] == [entry[:3] for entry in said.entries]
    print(found)
    print(text_of_pdf(bank.ask(mei, Format.PDF, "2027").content))
