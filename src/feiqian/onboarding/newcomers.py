"""What a newcomer's document is held against as soon as it is typed: the policy's rules, and whose document it is.

That a document is a customer's already is said to whoever has confirmed a mobile number and types number and name as
that customer has them; the customer hears of it, and the application ends. Any other name is answered as an unknown
document, and refused when pictures of it have been sent. Nobody asks about more than a few documents a day.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from feiqian.audit_log.log import AuditLog
from feiqian.auth import claims
from feiqian.auth.model import Details
from feiqian.auth.notices import Notices
from feiqian.clock import DAY
from feiqian.customers.applications import Application
from feiqian.kyc import rules
from feiqian.kyc.model import Claim
from feiqian.kyc.service import Identity
from feiqian.onboarding.errors import ChecksUsedUp, DocumentRefused
from feiqian.policy.model import IdentityRules
from feiqian.runtime.locks import lock

DOCUMENTS_A_DAY = 5  # of one mobile number
_TYPED, HELD = "document_typed", "document_of_another"


@dataclass(kw_only=True, eq=False, repr=False)
class Newcomers:
    """In the caller's transaction."""

    rules: IdentityRules
    identity: Identity
    audit_log: AuditLog
    notices: Notices

    def claim_of(self, details: Details) -> Claim:
        """What the document says. Raises DetailsInvalid, DocumentRefused, and identity's NumberInvalid, MrzInvalid."""
        today = self.identity.today()
        claim = claims.claim_of(details, today)
        if wrong := rules.examine(claim, self.rules, today).wrong:
            raise DocumentRefused(wrong)
        return claim

    def is_held(self, connection: Connection, application: Application, claim: Claim, now: int) -> bool:
        """Whether the document is another customer's, who is told so. Raises ChecksUsedUp."""
        self._count(connection, application, claim, now)
        holder = self.identity.holder_named(connection, claim)
        if holder is None:
            return False
        self.notices.tell(connection, holder, "document_known", now)
        return True

    def _count(self, connection: Connection, application: Application, claim: Claim, now: int) -> None:
        """Each document counts once, so that going back and forth, or choosing a password again, costs nothing.

        The audit log keeps as little of it as tells a handful of documents apart.
        """
        about, which = str(application.subject), self.identity.blind_index(claim)[:2].hex()
        lock(connection, f"documents of {about}")  # in all their applications
        entries = self.audit_log.of(connection, about, 2 * DOCUMENTS_A_DAY)
        asked = {entry.details.get("which") for entry in entries if entry.action == _TYPED and entry.at > now - DAY}
        if which in asked:
            return
        if len(asked) >= DOCUMENTS_A_DAY:
            raise ChecksUsedUp("as many documents were typed as may be in a day; try again tomorrow")
        self.audit_log.append(connection, application.subject, _TYPED, about, {"which": which}, now)
