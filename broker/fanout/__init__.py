"""Sources asked side by side, under one deadline, each with a guard of its own.

A source that hangs, breaks or is overrun costs its own part of the answer and nothing else. What is asked of a
source is a function passed in: whether it runs in this process or in an agent is not known here.

    hearing        one source or the case system, asked under its guard; and all of them side by side
    guard          what stands between a source and its questions: the parts below, together
    bulkhead       how many questions at once, and how many wait
    breaker        a source that keeps failing is left alone for a while
    allowance      second questions (a retry, a hedge) may only be a small share of the first ones
    outside        the deadline, kept also where a driver does not let go
    maintenance    when a source is down as planned
"""

from broker.fanout.bulkhead import Bulkhead
from broker.fanout.guard import Guard
from broker.fanout.hearing import (
    KEPT_FOR_REPLY_SECONDS,
    CaseLane,
    Heard,
    Lane,
    hear,
    hear_case,
    side_by_side,
)

__all__ = [
    "KEPT_FOR_REPLY_SECONDS",
    "Bulkhead",
    "CaseLane",
    "Guard",
    "Heard",
    "Lane",
    "hear",
    "hear_case",
    "side_by_side",
]
