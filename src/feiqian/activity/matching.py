"""Whether a movement is among those that are wanted. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from feiqian.activity.model import Direction, Movement, State, Wanted
from feiqian.money import BY_NUMBER, MoneyInvalid, parse_typed
from feiqian.strings.normal import comparison

LONGEST_SEARCH = 100  # characters
OPEN = frozenset({"needs_verification", "held", "waiting", "authorised", "pending"})
DONE = frozenset({"succeeded", "refunded", "partly_refunded"})


def state_of(status: str) -> State:
    """What a status comes to."""
    if status in DONE:
        return State.DONE
    return State.OPEN if status in OPEN else State.FAILED


class Matching:
    """By what is cheap first. `notes`: the customer's own, by the movement's id, which a search finds, too."""

    def __init__(
        self, wanted: Wanted, between_own: Collection[int] = (), notes: Mapping[str, str] | None = None
    ) -> None:
        self._wanted, self._between_own, self._notes = wanted, between_own, notes or {}
        self._words = _compared(wanted.text).split()
        self._text = wanted.text.strip()

    def fits(self, it: Movement) -> bool:
        wanted, amount = self._wanted, abs(it.amount)
        return (
            wanted.span.start <= it.at < wanted.span.end
            and wanted.least <= amount <= wanted.most
            and (not wanted.direction or (it.amount > 0) == (wanted.direction is Direction.CAME))
            and not self._told_twice(it)
            and (not wanted.state or state_of(it.described.status) is wanted.state)
            and (not self._words or self._says(it))
        )

    def _told_twice(self, it: Movement) -> bool:
        """Between own accounts the line of the one that it left is enough, unless one account is asked for."""
        return not self._wanted.account and it.amount > 0 and it.kind in self._between_own

    def _says(self, it: Movement) -> bool:
        told = it.described
        said = _compared("\n".join((told.who, told.note, self._notes.get(it.id, ""))))
        whole = {*_named_by(it.id), *_named_by(told.reference.casefold()), *_compared(told.words).split()}
        return all(word in said or word in whole for word in self._words) or self._is_amount(it)

    def _is_amount(self, it: Movement) -> bool:
        try:
            return parse_typed(self._text, BY_NUMBER[it.currency]).minor == abs(it.amount)
        except MoneyInvalid:
            return False


def _named_by(id: str) -> tuple[str, ...]:
    """What people type or copy of an id: all of it, and without its prefix or the line after that."""
    prefix, _, number = id.partition("_")
    return (id, number, prefix + number) if number else (id,)


def _compared(text: str) -> str:
    return comparison(text).casefold()
