"""What goes wrong when somebody proves who they are. No text here holds an answer, a code or a secret.

VerificationError
  AnswerWrong         the answer is not right; it was counted if it could be guessed
  AnswerMalformed     no answer of this factor looks like this; nothing was counted
  Locked              too many wrong answers; says until when, and what still opens
  ChallengeOver       spent, void or expired: begin anew
  ChallengeNotFound   there is none of this id for this subject
  NotPassed           spent before it was passed
  BindingDiffers        spent for something else than was confirmed; it is void now
  FactorNotEnrolled   the challenge does not take this factor from this subject
  FactorNotFound      no factor of this id, or enrolment under way, of this subject
  EnrolmentRefused    the browser's or device's answer does not enrol a key
  TooWeak             a password or PIN that others would guess
  CodeThrottled       a code was sent only just now, or as often as it may be
"""

from __future__ import annotations

from feiqian.errors import FeiqianError
from feiqian.policy.factors import Factor


class VerificationError(FeiqianError):
    """Whatever the package raises."""


class AnswerWrong(VerificationError):
    """`tries_left`: how many wrong answers are left, of any guessable factor, before a lock."""

    def __init__(self, tries_left: int) -> None:
        super().__init__("the answer is wrong")
        self.tries_left = tries_left


class AnswerMalformed(VerificationError):
    """Not the number of digits that a code or PIN has, say. Nothing was compared or counted."""

    def __init__(self, factor: Factor) -> None:
        super().__init__("this cannot be the answer: it has not the form of one; it was not counted")
        self.factor = factor


class Locked(VerificationError):
    """Nothing that can be guessed is compared until `until` (Unix microseconds); what is in `ways` still opens."""

    def __init__(self, until: int, ways: tuple[Factor, ...]) -> None:
        super().__init__("too many wrong answers; locked for a time")
        self.until, self.ways = until, ways


class ChallengeOver(VerificationError):
    """`state` says how it ended: spent, void or expired."""

    def __init__(self, state: str) -> None:
        super().__init__(f"the challenge is {state}")
        self.state = state


class ChallengeNotFound(VerificationError):
    """No challenge of this id, or another subject's."""

    def __init__(self) -> None:
        super().__init__("there is no such challenge")


class NotPassed(VerificationError):
    """No combination of factors has been passed yet."""

    def __init__(self) -> None:
        super().__init__("the challenge has not been passed")


class BindingDiffers(VerificationError):
    """What shall be done is not what was confirmed. The challenge is void."""

    def __init__(self) -> None:
        super().__init__("the challenge was passed for something else")


class FactorNotEnrolled(VerificationError):
    """The subject has no factor that is asked for here, or the challenge does not ask for this one."""

    def __init__(self, factor: Factor | None = None) -> None:
        super().__init__(f"{factor or 'what is needed'} cannot be used here")
        self.factor = factor


class FactorNotFound(VerificationError):
    """No such factor of this subject, or an enrolment that is unknown or over."""

    def __init__(self) -> None:
        super().__init__("there is no such factor")


class EnrolmentRefused(VerificationError):
    """What a device answered enrols no key: not for us, without the holder's verification, or malformed."""

    def __init__(self) -> None:
        super().__init__("the key was not enrolled")


class TooWeak(VerificationError):
    """Keys of texts (area "weak."): why, and what would be better."""

    def __init__(self, warning_key: str, suggestion_keys: tuple[str, ...] = ()) -> None:
        super().__init__("the new secret is too easy to guess")
        self.warning_key, self.suggestion_keys = warning_key, suggestion_keys


class CodeThrottled(VerificationError):
    """No code was sent. `again_at` (Unix microseconds): when one may be; 0: none any more for this challenge."""

    def __init__(self, again_at: int) -> None:
        super().__init__("a code was sent shortly before, or as often as it may be")
        self.again_at = again_at
