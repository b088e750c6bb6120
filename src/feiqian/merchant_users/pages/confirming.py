"""Where a challenge of one of a merchant's people is answered, before an act that a session alone does not decide."""

from __future__ import annotations

from feiqian.auth.answering import OwnChallenges
from feiqian.auth.pages.challenge import ChallengeFlow

from .portal import Portal


def flow_of(portal: Portal, challenge: str, place: str, back: str) -> ChallengeFlow:
    """`place` has the challenge's pages, `back` the one from which it began."""
    return ChallengeFlow(
        OwnChallenges(portal.site.services.verification, portal.member.subject),
        challenge,
        place,
        back,
        portal.text("portal.confirm"),
        portal.text("portal.confirm.text"),
        leave=back,
        template="merchant_users/confirm.html",
        over="merchant_users/over.html",
    )
