"""Every text that a page shows, in one catalogue, so that a translation is another dictionary and nothing else.

Templates ask with `t("key", name=value)`; the texts that scripts need travel in the page (`for_scripts`). A missing key
or value is an error, never an empty place on a page. `{name}` stands for a value.
"""

from __future__ import annotations

from collections.abc import Mapping

ENGLISH: Mapping[str, str] = {
    "brand": "Feiqian",
    "brand.demo": "Demo bank",
    "skip": "Skip to the content",
    "home": "Home",
    # The connection
    "link.lost": "No connection to the bank. Trying again…",
    "link.lost.now": "Try now",
    "link.back": "Connected again",
    # Welcome
    "welcome.title": "Electronic payments that a bank runs itself",
    "welcome.headline": "Money that moves in a blink.",
    "welcome.lead": "This is a whole small bank on this computer: {customers} customers, {merchants} merchants, and "
    "books that balance after every payment. The money is play money; everything else is real.",
    "welcome.how": "Open the phone and the till, key in an amount, and scan.",
    "welcome.together": "Open all three side by side",
    "welcome.doors": "Three ways in",
    "welcome.customer": "Customer",
    "welcome.merchant": "Merchant",
    "welcome.phone": "The phone",
    "welcome.phone.text": "A customer’s wallet: balance, a payment code that is new every few seconds, and payments as "
    "they happen.",
    "welcome.phone.open": "Open the phone",
    "welcome.till": "The till",
    "welcome.till.text": "A cashier’s screen: key in the amount, scan the code with the camera, and read the answer.",
    "welcome.till.open": "Open the till",
    "welcome.bank": "The bank",
    "welcome.bank.text": "The machine room, live: payments a second, how fast they are answered, and whether the books "
    "balance.",
    "welcome.bank.open": "Open the bank",
    # Traffic
    "traffic": "Shoppers",
    "traffic.text": "Simulated customers pay through the real API, a few of them without enough money.",
    "traffic.off": "Off",
    "traffic.gentle": "Gentle",
    "traffic.rush": "Rush hour",
    # Phone
    "phone.title": "{name} · Wallet",
    "phone.wallet": "Wallet",
    "phone.greeting": "Hello, {name}",
    "phone.balance": "Balance",
    "phone.balance.hide": "Hide the balance",
    "phone.balance.show": "Show the balance",
    "phone.code.hint": "Show this to the cashier",
    "phone.code.qr": "Payment code as QR code",
    "phone.code.bars": "Payment code as bar code",
    "phone.code.used": "Used. New code in {seconds} s",
    "phone.code.fresh": "New code in {seconds} s",
    "phone.code.failed": "No new code. Check the connection.",
    "phone.code.copy": "Copy the digits",
    "phone.code.copied": "Copied",
    "phone.payments": "Recent payments",
    "phone.payments.none": "Nothing yet",
    "phone.payments.none.text": "Your payments will appear here as soon as they are made.",
    "phone.paid": "Paid {amount}",
    "phone.paid.to": "to {merchant}",
    "phone.refunded": "{amount} came back",
    "phone.refunded.from": "from {merchant}",
    "phone.declined": "Not paid",
    "phone.declined.at": "{amount} at {merchant}",
    "phone.waiting": "{amount} waits for you",
    "phone.waiting.at": "{merchant} asks for more than can be paid without your confirmation. Confirming in the app "
    "comes with the next version; the cashier can cancel, or it expires by itself.",
    "phone.done": "Done",
    # Why a payment was declined, in a list (the till is told a whole sentence)
    "reason.code_invalid": "wrong code",
    "reason.code_expired": "old code",
    "reason.code_used": "code used before",
    "reason.too_many_wrong_codes": "too many wrong codes",
    "reason.insufficient_funds": "not enough money",
    "reason.daily_limit": "limit of the day",
    "reason.amount_too_high": "amount too high",
    "reason.wallet_frozen": "wallet frozen",
    "reason.wallet_closed": "wallet closed",
    "reason.no_wallet_in_currency": "no such currency in the wallet",
    "reason.currency_not_supported": "currency not accepted",
    "reason.merchant_not_accepting": "shop cannot take payments",
    "reason.not_possible": "not possible",
    # What became of a payment, in a list
    "status.succeeded": "Paid",
    "status.declined": "Declined",
    "status.needs_verification": "Waits for confirmation",
    "status.cancelled": "Cancelled",
    "status.expired": "Expired",
    "status.refunded": "Refunded",
    "status.partly_refunded": "{amount} refunded",
    # Till
    "till.title": "{name} · Till",
    "till.amount": "Amount",
    "till.key.back": "Delete the last digit",
    "till.charge": "Charge {amount}",
    "till.charge.none": "Charge",
    "till.scan.title": "Scan the customer’s code",
    "till.back": "Back to the amount",
    "till.camera.start": "Use the camera",
    "till.camera.starting": "Starting the camera…",
    "till.camera.looking": "Hold the code in the frame",
    "till.camera.again": "Try the camera again",
    "till.camera.refused": "The camera is not allowed. Allow it in the browser’s address bar, or type the digits "
    "below.",
    "till.camera.none": "There is no camera that this page can use. Type or paste the digits below.",
    "till.digits": "Digits of the code",
    "till.digits.hint": "Type, paste or scan by hand",
    "till.digits.submit": "Take payment",
    "till.digits.wrong": "A payment code has 20 digits; this has {count}.",
    "till.beside": "Scan the phone beside me",
    "till.beside.whose": "Whose phone",
    "till.beside.failed": "That phone shows no code just now. Try again.",
    "till.asking": "Asking the bank…",
    "till.new": "New sale",
    "till.again": "Scan another code",
    "till.paid": "Paid",
    "till.declined": "Declined",
    "till.declined.safe": "No money was taken.",
    "till.waiting": "Customer must confirm",
    "till.waiting.text": "This amount needs the customer’s confirmation. Nothing has been taken yet. Wait, or cancel "
    "and take another way of payment.",
    "till.cancel": "Cancel this payment",
    "till.cancelled": "Cancelled",
    "till.cancelled.text": "Nothing was taken.",
    "till.expired": "Not confirmed in time",
    "till.unknown": "Not certain yet",
    "till.unknown.text": "The bank’s answer did not arrive. Ask again — do not take the money twice.",
    "till.ask": "Ask again",
    "till.missing": "Not received",
    "till.missing.text": "The bank knows of no such payment: nothing was taken. Scan a new code.",
    "till.rejected": "Not accepted",
    "till.order": "Order {order}",
    "till.receipts": "Receipts",
    "till.receipts.none": "No sales yet",
    "till.receipts.none.text": "Sales appear here, newest first. From here they can be refunded.",
    "till.takings": "Takings on account",
    "till.refund": "Refund",
    "till.refund.title": "Refund",
    "till.refund.of": "Paid {amount}, still refundable {left}",
    "till.refund.amount": "Amount to give back",
    "till.refund.do": "Give back",
    "till.refund.close": "Close",
    "till.refund.done": "{amount} given back.",
    "till.refund.declined": "Not given back: {reason}",
    "till.refund.unknown": "The answer did not arrive. Press again: it cannot be given back twice.",
    "till.refund.invalid": "Enter an amount up to {left}.",
    # Bank
    "bank.title": "The bank, live",
    "bank.bank": "Bank",
    "bank.live": "Live",
    "bank.balanced": "Books balance",
    "bank.unbalanced": "Books do not balance",
    "bank.balanced.as_of": "checked at position {position}",
    "bank.rate": "Payments a second",
    "bank.rate.chart": "Payments a second over the last two minutes",
    "bank.latency": "Time to answer",
    "bank.latency.text": "from request to durable answer",
    "bank.p50": "50 % within",
    "bank.p95": "95 % within",
    "bank.p99": "99 % within",
    "bank.no_value": "–",
    "bank.milliseconds": "{value} ms",
    "bank.journal": "Journal",
    "bank.position": "Position",
    "bank.hash": "Last hash",
    "bank.projector": "Read model",
    "bank.projector.lag": "{rows} rows behind",
    "bank.projector.level": "up to date",
    "bank.accounts": "Accounts",
    "bank.totals": "Totals by currency",
    "bank.totals.currency": "Currency",
    "bank.totals.customers": "Customers’ wallets",
    "bank.totals.merchants": "Owed to merchants",
    "bank.totals.fees": "Fees earned",
    "bank.totals.debits": "All debits",
    "bank.totals.credits": "All credits",
    "bank.totals.none": "No money has been booked yet.",
    "bank.newest": "Newest payments",
    "bank.newest.none": "No payments yet",
    "bank.newest.none.text": "Turn on the shoppers, or make a payment at the till.",
    # Side by side
    "together.title": "Phone, till and bank",
    "together.phone": "Phone",
    "together.till": "Till",
    "together.bank": "Bank",
    # Problems
    "problem.not_found": "Not here",
    "problem.not_found.text": "There is no such customer, merchant or page in this bank.",
    "problem.foreign": "Not from this page",
    "problem.foreign.text": "The request came from another site and was not carried out.",
    "problem.invalid": "Not understood",
    "problem.invalid.text": "That did not make sense to the bank. Nothing was changed.",
    "problem.failed": "Something went wrong",
    "problem.failed.text": "Nothing more is known. Look again before you repeat it.",
    "problem.busy": "Too many pages are open",
    "problem.conflict": "This order number was used before, for another payment.",
    "problem.behind": "One moment",
    "problem.behind.text": "The lists are being built. Load the page again.",
    "problem.home": "To the start",
    # Times
    "time.today": "Today, {time}",
    "time.date": "{day} {month}, {time}",
    "months": "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec",
}


class Texts:
    """The texts of one language. Raises KeyError for a text, or a value in it, that is missing."""

    def __init__(self, language: str, catalogue: Mapping[str, str]) -> None:
        self.language = language
        self._catalogue = catalogue

    def __call__(self, key: str, /, **values: object) -> str:
        text = self._catalogue[key]
        return text.format(**values) if values else text

    def reason(self, code: str) -> str:
        """In a few words, why a payment was declined; a reason that is new here gets the most general words."""
        return self._catalogue.get(f"reason.{code}", self._catalogue["reason.not_possible"])

    def for_scripts(self, *prefixes: str) -> dict[str, str]:
        """The texts under these prefixes, for the page's own script; values are filled in there."""
        return {key: text for key, text in self._catalogue.items() if key.startswith(prefixes)}


english = Texts("en", ENGLISH)
