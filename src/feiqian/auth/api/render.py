"""From what features say to what apps are sent."""

from __future__ import annotations

from feiqian.auth.challenges.model import ChallengeView
from feiqian.auth.sessions.model import Opened
from feiqian.clock import moment

from .shapes import ChallengeShown, Done, SignedIn

DONE = Done()


def shown(challenge: ChallengeView) -> ChallengeShown:
    return ChallengeShown(
        id=challenge.id,
        purpose=challenge.purpose,
        text=challenge.text,
        combinations=[list(combination) for combination in challenge.combinations],
        passed=list(challenge.passed),
        state=challenge.state,
        expires_at=moment(challenge.expires_at),
        sent_to={factor.value: masked for factor, masked in challenge.sent_to.items()},
        tries_left=challenge.tries_left,
        digits={factor.value: count for factor, count in challenge.digits.items()},
        locked={factor.value: moment(until) for factor, until in challenge.locked.items()},
    )


def signed_in(opened: Opened) -> SignedIn:
    return SignedIn(opened.token, opened.device_token, moment(opened.session.expires_at))
