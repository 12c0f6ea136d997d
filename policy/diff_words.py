"""A change of a policy as a sentence for its owner."""

from __future__ import annotations

from datetime import date

from policy.diff import Change, FieldChange, RecordsChange, TermsChange
from policy.passing import DATED, DAYS, GATE, TODAY, TYPED_AGE
from policy.region_words import ages_said, and_of, days_said, level_called, one_of, region_said
from policy.space import OTHER, Span


def change_said(change: Change) -> str:
    """One sentence that says what is shown now and was not, or the other way round."""
    match change:
        case FieldChange():
            return _field_said(change)
        case RecordsChange():
            return _records_said(change)
        case TermsChange():
            return change.sentence


def _field_said(change: FieldChange) -> str:
    levels = f"{level_called(change.name, change.before)} becomes {level_called(change.name, change.after)}"
    where = region_said(change.region)
    return f"{change.name}: {levels}, for {and_of(change.purposes)}{f', where {where}' if where else ''}."


def _records_said(change: RecordsChange) -> str:
    no_longer = "no longer" if change.widens else "now"
    kind, values = change.factor.kind, change.values
    spans = [one for one in values if isinstance(one, Span)]
    if kind == DAYS:
        during = and_of(days_said(one) for one in spans)
        return f"The policy is {'now' if change.widens else 'no longer'} in force {during}."
    if kind == TYPED_AGE:
        ages = [ages_said(one) for one in spans]
        return f"People whose typed age is {one_of(ages)} are {no_longer} left out."
    if kind == GATE:
        named = one_of(_value_said(one) for one in values)
        return f"Records with {change.factor.name} {named} are {no_longer} withheld."
    assert kind == DATED  # noqa: S101 -- there is no other kind
    ago = one_of(_ago_said(one) for one in values)
    return f"Records whose {change.factor.name} is {ago} are {no_longer} withheld."


def _value_said(value: object) -> str:
    if value is None:
        return "missing"
    return "of any other value" if value == OTHER else repr(value)


def _ago_said(value: object) -> str:
    """A stretch of days, seen from TODAY: "24 to 36 months ago"."""
    if not isinstance(value, Span):
        return "missing"
    if value.first > TODAY:
        return "in the future"
    until = _months(value.beyond or TODAY)
    if value.first == date.min:
        return f"more than {until} months ago"
    since = _months(value.first)
    return f"{until} to {since} months ago" if until else f"up to {since} months ago"


def _months(day: date) -> int:
    return max((TODAY.year - day.year) * 12 + TODAY.month - day.month, 0)
