"""What can go wrong between the journal and the read model, or in reading it."""

from __future__ import annotations

from feiqian.errors import FeiqianError


class ReadModelMismatch(FeiqianError):
    """The read model was made from another journal, by another version, or is being written by another projector."""


class ReadModelDamaged(FeiqianError):
    """The read model is not what was written, or is gone. Nothing is lost by building it again from the journal."""


class ReadsBehind(FeiqianError):
    """The read model has not come as far as the reader needs, within the time that the reader would wait."""


class CursorInvalid(FeiqianError):
    """A cursor has not the shape of one that was given out."""
