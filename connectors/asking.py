"""How a source may be asked: what its technical owner sets in the source file under ``asking``."""

from __future__ import annotations

from datetime import date, time
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Day = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
DAYS: tuple[Day, ...] = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class BreakerSettings(_Part):
    """When a source that fails is left alone: ``in_a_row`` failures, or ``share`` of the ``of_last`` questions.

    It is then asked with one question within ``open_seconds``, and not before half of them; twice as long each
    time that it still fails, at most ``longest_seconds``.
    """

    in_a_row: Annotated[int, Field(ge=1, le=100)] = 5
    share: Annotated[float, Field(gt=0, le=1)] = 0.5
    of_last: Annotated[int, Field(ge=1, le=1000)] = 20
    open_seconds: Annotated[float, Field(gt=0, le=600)] = 5.0
    longest_seconds: Annotated[float, Field(gt=0, le=3600)] = 60.0


class Maintenance(_Part):
    """When the source is down as planned, in the time of Europe/London: every day, on some days of the week, or
    ``on`` one day. A window whose end is before its begin runs past midnight.
    """

    begins: time
    ends: time
    days: tuple[Day, ...] = ()
    on: date | None = None
    why: str | None = None

    @model_validator(mode="after")
    def _of_some_length(self) -> Maintenance:
        if self.begins == self.ends:
            raise ValueError("a maintenance window ends at another time than it begins")
        if self.days and self.on:
            raise ValueError("name the days of the week, or the one day that it is on, one of the two")
        return self


class Asking(_Part):
    """``at_once`` and ``waiting``: how many questions the source takes, and how many more may wait for it.
    Together they are as many as the broker answers at once (``answers.at_once``): of those none is shed here.

    ``seconds``: what it may take for one, where that is less than a query has. ``retry``: whether it is asked once
    more, after a moment, when it could not be reached. ``replica``: the connection of a second database with the
    same content, asked as well when the first takes longer than 95 in 100 of its answers.
    """

    at_once: Annotated[int, Field(ge=1, le=8)] = 8
    waiting: Annotated[int, Field(ge=0, le=256)] = 24
    seconds: Annotated[float, Field(ge=0.1, le=10)] | None = None
    retry: bool = True
    breaker: BreakerSettings = BreakerSettings()
    maintenance: tuple[Maintenance, ...] = ()
    replica: dict[str, str | int | float | bool] | None = None
