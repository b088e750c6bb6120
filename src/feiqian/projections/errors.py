"""What can go wrong between the journal and the read model, or in reading it."""

from __future__ import annotations

from feiqian.errors import FeiqianError


class ReadModelMismatch(FeiqianError):
    """The read model was made from another journal, by another version, or is being written by another projector."""


class ProjectionStopped(FeiqianError):
    """A row is whole, but says what this projector cannot understand or store. `position` says which."""

    def __init__(self, position: int, why: str) -> None:
        super().__init__(f"the projection stopped at journal position {position}: {why}")
        self.position = position
        self.why = why


class ReadsBehind(FeiqianError):
    """The read model has not come as far as the reader needs, within the time that the reader would wait."""


class CursorInvalid(FeiqianError):
    """A cursor has not the shape of one that was given out."""
