"""What scheduled transfers refuse."""

from __future__ import annotations

from feiqian.errors import FeiqianError


class ScheduleNotFound(FeiqianError):
    """There is no such schedule, or it is none of this customer's."""

    def __init__(self) -> None:
        super().__init__("there is no such scheduled transfer")


class ScheduleInvalid(FeiqianError):
    """It makes no sense as it was asked: `field` is wrong."""

    def __init__(self, field: str) -> None:
        super().__init__(f"the schedule cannot be as was asked: {field}")
        self.field = field


class ScheduleOver(FeiqianError):
    """It has ended, or its next day is another by now."""

    def __init__(self) -> None:
        super().__init__("it has ended, or its next day is another by now")


class SchedulesUsedUp(FeiqianError):
    """So many schedules go on as a customer may have."""

    def __init__(self) -> None:
        super().__init__("so many scheduled transfers go on, and no more may; end one first")
