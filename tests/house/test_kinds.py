"""The numbers of accounts, allowances, claims and transfers: each feature has its own, none meets another's."""

from __future__ import annotations

from collections import Counter
from enum import IntEnum

from feiqian import features
from feiqian.ledger.chart import account_id, allowance_id, claim_id

# Every number that was ever given, of each sort: on disk for ever. A new one is added, none is changed or taken out.
IN_IDS = {
    "CUSTOMER_WALLET": 1,
    "PAYABLE": 2,
    "MERCHANT_FEES": 3,
    "BANK_CASH": 4,
    "OPENING": 5,
    "CORRECTIONS": 6,
    "CUSTOMER_DEPOSIT": 7,
    "MONEY_LOCKS": 8,
    "WAITING_MONEY": 9,
    "DAY_AMOUNT": 101,
    "DAY_UNVERIFIED_COUNT": 102,
    "MONTH_AMOUNT": 104,
    "YEAR_AMOUNT": 105,
    "CODE_DAY": 106,
    "CODE_MONTH": 107,
    "CODE_YEAR": 108,
    "IDEMPOTENCY_KEY": 210,
    "STATIC_DAY": 109,
    "STATIC_MONTH": 110,
    "STATIC_YEAR": 111,
    "QUICK_DAY": 112,
    "QUICK_MONTH": 113,
    "QUICK_YEAR": 114,
    "ONLINE_DAY": 115,
    "ONLINE_MONTH": 116,
    "ONLINE_YEAR": 117,
    "CASH_DAY": 118,
    "CASH_MONTH": 119,
    "CASH_YEAR": 120,
    "TRANSFER_DAY": 121,
    "TRANSFER_MONTH": 122,
    "TRANSFER_YEAR": 123,
    "DAY_ONE_FACTOR": 124,
    "DAY_TWO_FACTORS": 125,
    "TILL_ROW_AMOUNT": 126,
    "TILL_ROW_COUNT": 127,
    "REMOTE_ROW_AMOUNT": 128,
    "REMOTE_ROW_COUNT": 129,
    "PAYMENT_CODE": 201,
    "BILL_PAID": 203,
    "RED_PACKETS": 10,
    "PACKET_TOTAL": 230,
    "PACKETS_MADE_DAY": 231,
    "PACKETS_TAKEN_DAY": 232,
    "PACKET_CLAIM": 220,
}
OF_TRANSFERS = {
    "PAYMENT": 1,
    "FEE": 2,
    "REFUND": 3,
    "OPENING_BALANCE": 4,
    "VERIFICATION": 5,
    "CANCELLATION": 6,
    "CORRECTION": 10,
    "REFUSAL": 11,
    "OWN_TRANSFER": 14,
    "CLOSING": 15,
    "LOCK": 12,
    "UNLOCK": 13,
    "ORDER": 17,
    "ORDER_PAID": 18,
    "ORDER_CLOSED": 19,
    "AUTHORISATION": 20,
    "ORDER_VOIDED": 21,
    "PERSON_TRANSFER": 30,
    "PERSON_TRANSFER_HELD": 31,
    "PERSON_TRANSFER_WAITING": 32,
    "PERSON_TRANSFER_CANCELLED": 33,
    "PERSON_TRANSFER_RETURNED": 34,
    "PACKET_FILLED": 40,
    "PACKET_TAKEN": 41,
    "PACKET_RETURNED": 42,
}
GIVEN_UP = {"ids": {103}, "transfers": {7, 8, 9}}


def declared(*sorts: str) -> list[IntEnum]:
    """What the features' `kinds` declare in enumerations whose names end so."""
    return [
        kind
        for module in features.modules("kinds")
        for name, kinds in vars(module).items()
        if name.endswith(sorts) and isinstance(kinds, type) and kinds.__module__ == module.__name__
        for kind in kinds.__members__.values()
    ]


def test_every_enumeration_of_kinds_is_of_a_known_sort() -> None:
    sorts = "AccountKind", "AllowanceKind", "ClaimKind", "TransferKind"
    for module in features.modules("kinds"):
        own = [name for name, it in vars(module).items() if isinstance(it, type) and it.__module__ == module.__name__]
        assert own, module.__name__
        assert all(name.endswith(sorts) for name in own), f"{module.__name__}: {own}"


def test_no_two_features_give_the_same_number() -> None:
    for kinds in (declared("AccountKind", "AllowanceKind", "ClaimKind"), declared("TransferKind")):
        assert [number for number, count in Counter(map(int, kinds)).items() if count > 1] == []
        assert all(0 < kind < 2**16 for kind in kinds)


def test_a_number_is_given_once_and_for_ever() -> None:
    ids, transfers = declared("AccountKind", "AllowanceKind", "ClaimKind"), declared("TransferKind")
    assert {kind.name: kind.value for kind in ids} == IN_IDS
    assert {kind.name: kind.value for kind in transfers} == OF_TRANSFERS
    assert not {kind.value for kind in ids} & GIVEN_UP["ids"]
    assert not {kind.value for kind in transfers} & GIVEN_UP["transfers"]


def test_ids_of_different_kinds_never_meet() -> None:
    owners, currencies = (0, 1, 2**32, 2**64 - 1), (0, 156, 999)
    ids = [account_id(kind, c, owner) for kind in declared("AccountKind") for c in currencies for owner in owners]
    ids += [allowance_id(kind, c, owner) for kind in declared("AllowanceKind") for c in currencies for owner in owners]
    ids += [claim_id(kind, number) for kind in declared("ClaimKind") for number in (0, 1, 2**64, 10**20 - 1)]
    assert len(set(ids)) == len(ids)
