"""The errors of the product, as a tree. HTTP status codes are not known here: `api/` renders errors, once.

FeiqianError
  LedgerError
    LedgerStopped       nothing more is decided; the outcome of what was under way is unknown
    CommitOverdue       the journal has not answered in time: the outcome is unknown until it does
    NotDeciding         refused while the journal does not answer, or the clock has jumped: nothing was done
    FencedOff           another writer has taken this journal over
    JournalMissing      there was a journal here, and it is gone
    JournalDamaged      a row is not what was written; names its position
    JournalTooNew       a later version has written it
    JournalMoved        its file is no longer where a start would find it
    JournalUnavailable  it cannot be read or written now: a full disk, no rights, a database that is down
    JournalBehind       the journal ends before something that was derived from it
    CheckpointInvalid   a checkpoint cannot be used; an older one, or the whole journal, can
    DurabilityRefused   the database would acknowledge what it has not kept
  StartRefused          the server cannot start as it was asked to; says what stands in the way
    FolderLocked        another process works on the data folder
    FolderOfAnother     the data folder was made for another kind of bank
    JournalLocked       another server writes the journal, from another folder or machine
    ClockRefused        the machine's clock is too far from the newest moment in the journal
"""

from __future__ import annotations


class FeiqianError(Exception):
    """Whatever the product itself raises. The text is for operators; it holds no secrets."""


class LedgerError(FeiqianError):
    """The ledger cannot serve."""


class LedgerStopped(LedgerError):
    """A write failed or its outcome is unknown, so nothing more is decided. Ask again by id after the restart."""


class CommitOverdue(LedgerError):
    """A commit takes longer than it may. It is under way still: the outcome is unknown. Ask again by id."""


class NotDeciding(LedgerError):
    """Asked while a commit is overdue or the clock is not believed, and refused before anything was decided.

    Nothing was done; try again later.
    """


class FencedOff(LedgerError):
    """Another writer has taken the fence (a newer epoch), or has written at our position. Nothing was written."""


class JournalMissing(LedgerError):
    """A journal was here before and is not now, or is another one. Never begun anew by itself."""


class JournalDamaged(LedgerError):
    """A row is missing, or is not what was written. `position` says which."""

    def __init__(self, position: int, why: str) -> None:
        super().__init__(f"journal damaged at position {position}: {why}")
        self.position = position
        self.why = why


class JournalTooNew(LedgerError):
    """A later version of Feiqian has written this journal; this one would misread it. Says at which position."""


class JournalMoved(LedgerError):
    """The journal's file was moved, deleted or replaced under its writer. What was under way is unknown."""


class JournalUnavailable(LedgerError):
    """The journal's storage cannot be used now. It is not known to be damaged, and nothing was changed."""


class JournalBehind(LedgerError):
    """The journal ends before (or differs from) what was derived from it: it has lost rows or is an older copy."""


class CheckpointInvalid(LedgerError):
    """A checkpoint does not read back as what was saved."""


class DurabilityRefused(LedgerError):
    """The database is set to acknowledge commits that a crash could lose. Says which setting."""


class StartRefused(FeiqianError):
    """The process cannot start as it was asked to. Nothing was changed. Says what stands in the way."""


class FolderLocked(StartRefused):
    """Another process is the writer of this data folder. Nothing was changed, and that one goes on."""


class FolderOfAnother(StartRefused):
    """The data folder was made for another kind of bank, such as a test bank, and is left as it is."""


class JournalLocked(StartRefused):
    """Another server's session is the writer of this journal. Nothing was changed, and that one goes on."""


class ClockRefused(StartRefused):
    """The machine's clock cannot be right, or the journal's newest moment is not. Nothing was decided."""
