"""Writes docs/ABUSE-CASES.md: what each abuse case is, in our own words, and the tests whose names carry its number.

python tools/abuse_index.py
"""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "docs" / "ABUSE-CASES.md"
HEAD = """# Abuse cases

What somebody may try, what must happen, and the tests that try it. The tests carry the number in their names; this page
is written by `tools/abuse_index.py`, and a house rule fails when it is out of date.

| case | what is tried, and what must happen | tests |
|---|---|---|
"""
CASES = {
    1: "A payment or refund of nothing, or of less: refused, and no row is written",
    2: "An amount as a fraction, an exponent, a text, not-a-number: refused; amounts are whole minor units",
    3: "Sums at 2⁶³ and 2⁶⁴: refused, never wrapped, and no balance changes",
    4: "More decimals than the currency has: refused",
    5: "A currency changed after the amount was agreed: refused",
    6: "A transfer between accounts of two currencies: refused",
    7: "An amount is split to gain by rounding: what is rounded stays in a named account, and all sums are exact",
    9: "Payer and payee are the same account: refused",
    10: "A price or fee sent by the client: ignored or refused; the bank computes it",
    11: "64 debits of a whole balance at once: one succeeds",
    12: "Partial refunds at once: together never above what was paid",
    13: "A refund that races another return of the same money (there are no chargebacks yet): returned once",
    14: "A capture races a void: one end state",
    15: "A capture of more than is held: refused",
    16: "A hold expires while it is captured: the ledger's order decides, once",
    17: "The daily limit by several ways at once: one counter",
    18: "Two payments were started, and both are confirmed: limit and balance count at the confirmation",
    19: "What may be used once, used 64 times at once: once",
    20: "The account is closed in mid-payment: the payment happens whole or not at all",
    21: "The same order again, with the same content: the same answer, byte for byte",
    22: "The same order number with another content: refused",
    23: "The same order number of another merchant: independent, and nothing of the first is shown",
    24: "A retry while the first is under way: one posting",
    25: "A retry after a crash: the first outcome",
    26: "A retry when nothing remembers it but the ledger: still one posting",
    27: "A declined order again, after a top-up: still declined; a new attempt takes a new number",
    28: "Another merchant's payment id: not found",
    29: "A balance, status or role in a request: refused",
    30: "A refund of another merchant's payment: not found",
    31: "A customer calls a staff route: refused",
    32: "The maker approves their own change: refused",
    33: "A revoked session: refused at once",
    34: "A cursor of another merchant or account: leads to nothing",
    35: "A test key at a live server, or the reverse: refused",
    36: "A factor is guessed over parallel sessions: all unknown devices together five attempts, each "
    "known device five (few devices), never more than so many a day for one factor",
    37: "A code is used again, or for another payment: refused",
    38: "The amount or the payee changes after the code was sent: the challenge is void",
    39: "The number or the device has just changed: a cooling-off, with low limits",
    40: "Messages are pumped to earn from them: caps by number, prefix and country, and an alarm",
    41: "Somebody is bombarded with prompts: they are throttled, and an answer names its payment",
    42: "A reset that skips a factor: refused",
    43: "A number is looked for by texts, shapes or times: the known cannot be told from the unknown",
    44: "Somebody locks another out on purpose: the owner keeps a way in",
    46: "A payment code again, or after its minute: refused",
    48: "A code that changes by itself, edited: its signature is not right, and it leads to no order",
    49: "A link in a code that leads elsewhere: only our scheme and host",
    51: "A limit split over several codes: one limit for the customer",
    54: "A webhook's address in private or loopback space, also by redirect or rebinding: refused at connecting",
    55: "A forged, stale or repeated webhook: refused, or without effect",
    56: "A missing signature, or none as its algorithm: refused",
    57: "A webhook that says paid with another amount or currency: not settled, and said so",
    58: "The page of success opened without payment: still open",
    59: "Webhooks out of order: states only move forward",
    60: "The same key twice in one JSON object, or one parameter twice: refused",
    61: "A slow receiver: its own queue, and payments are unaffected",
    62: "Secrets in logs, errors and addresses: a canary is looked for, and not found",
    63: "Formulas or line ends in exports and logs: neutralised",
    64: "A journal changed on the disk: the chain fails, and the start is refused",
    66: "An adjustment that does not balance: cannot be written down",
    67: "A storm of status queries: slowed down, and payments are unaffected",
    68: "A huge body, deep nesting: refused early, in bounded memory",
    69: "A huge body, form or document is to be parsed: payments go on, and memory is bounded",
    70: "A picture that takes minutes to decode: its own limits end it, and passwords are checked meanwhile",
    71: "Bodies are announced and not sent, or waits are held, by one key: only that key waits",
    72: "One person opens streams, checks and sign-ins without end: a share, never the whole",
    73: "Strangers fill the caps on messages: customers still get their codes",
    74: "Wrong codes at one till: other tills go on",
    75: "A stranger gives wrong answers: the owner is not locked out on a known device",
    76: "An answer that was never compared: not counted",
    77: "Anonymous requests leave rows: bounded, and swept",
    78: "A second server on the same data folder: refused before it takes the fence",
    79: "A database stands still: the event loop runs on, waits end, and health says so",
    80: "A PIN is guessed between sign-ins: counted for that factor",
    81: "Recovery with right and with wrong details: one path, in storage too",
    82: "Codes of one customer are collected: not linkable without the key",
    83: "A change is approved from a session that was left open: fresh factors are asked for",
    84: "Encoded paths and public metrics: refused",
    85: "A row that cannot be projected: set aside and reported, and the rest goes on",
    86: "The read model is gone or damaged: reported, and rebuilt",
    87: "The journal's file is moved under its writer: noticed, and the writer stops",
    88: "The clock jumps: refused beyond a bound, with an alarm; issuing and reading use one time",
    89: "References that differ by white space or unseen characters: one or refused, never two payments",
    90: "A retry with another payer: refused, whatever has been forgotten",
    91: "Two people in one browser: a page acts for whom it shows",
    92: "A secret or name in another form: normalised first, then judged",
    93: "Letters in place of digits: refused",
    94: "A listed document under another name: found",
    95: "Numbers of accounts or their last six digits are guessed: counted by number, account and "
    "address, and the known cannot be told from the unknown",
    96: "An alias is squatted, or looks like another: refused",
    99: "Reminders as a flood: told together above a rate, and the message says so",
    100: "Whole account numbers anywhere but to their holder and where they are needed: a scan finds none",
    102: "Limits over channels and accounts: one counter for the person",
    103: "Two attempts of one order: at most one succeeds",
    104: "Money for an order that has ended: refused before anything is taken, and both sides are told",
    105: "Another's order by a guessed address: nothing is shown",
    106: "A payment link with a changed amount: void",
    108: "A receiver that checks no signature: its merchant is told",
    115: "A receipt or a statement is forged: the public page says so",
}


def tests() -> dict[int, set[str]]:
    """The names of the tests of each case."""
    found: dict[int, set[str]] = defaultdict(set)
    files = (path for folder in ("tests", "clients") for path in (ROOT / folder).rglob("test_*.py"))
    for path in sorted(files):
        for name, number in re.findall(r"def (test_abuse_(\d+)_\w+)\(", path.read_text()):
            found[int(number)].add(name)
    return found


def main() -> None:
    found = tests()
    rows = []
    for number in sorted(found):
        names = ", ".join(f"`{name}`" for name in sorted(found[number]))
        rows.append(f"| {number} | {CASES[number]} | {names} |\n")
    TARGET.write_text(HEAD + "".join(rows))


if __name__ == "__main__":
    main()
