"""Which records count at all: cohort, shielded people, status codes and the values that a policy decides by."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from broker.profile.questions import MISSING, OTHER_VALUE, Columns, Finding, Question, Row, Table, Weight
from connectors.read_rows import TRUE_WORDS, shields
from connectors.read_values import text_of
from connectors.source_file import Cohort, SourceFile
from policy.model import Gate, SharingPolicy

_RESTRICTED = {"shielded": "Shielded: never shown to anyone", "open": "Not shielded"}
_MANY_SHIELDED = frozenset(["10 to 50 in 100", "more than half"])


def in_scope(source: SourceFile, columns: Columns) -> Callable[[Row], bool]:
    """Whether a row is of the cohort: whether the broker would ever ask for it."""
    cohort = source.cohort
    if cohort is None:
        return lambda _: True
    place, held = columns.names.index(cohort.column), _holder(cohort.only or cohort.never)
    wanted = bool(cohort.only)

    def counts(row: Row) -> bool:
        value = row[place]
        return not wanted if value is None else held(value) is wanted

    return counts


def _holder(listed: Iterable[str]) -> Callable[[object], bool]:
    """Whether a value is one of those that a file lists; a flag is true by any of the words for it."""
    values = frozenset(listed)
    flags = frozenset(one.casefold() in TRUE_WORDS for one in values)
    return lambda value: value in flags if isinstance(value, bool) else (text_of(value) or "") in values


def scope(source: SourceFile, policy: SharingPolicy | None, columns: Columns) -> Iterator[Question]:
    """The questions about status, restriction and gates."""
    if source.restricted is not None:
        yield _restricted(source, columns)
    if source.involvement.status is not None:
        yield _status(source, policy, columns)
    for gate, column in source.gates.items():
        # Of a column by which the cohort is chosen, some of the policy's values can't occur.
        rules = policy.gates.get(gate) if policy else None
        chosen = source.cohort is not None and source.cohort.column == column
        yield _gate(gate, columns.text(column), rules, all_occur=not chosen)


def cohort_said(cohort: Cohort) -> str:
    """The cohort in words."""
    return f"{cohort.column} is {'' if cohort.only else 'not '}{' or '.join(cohort.only or cohort.never)}"


def _restricted(source: SourceFile, columns: Columns) -> Question:
    assert source.restricted is not None  # noqa: S101 -- asked for by the caller
    read, shielded = columns.text(source.restricted.column), shields(source.restricted)
    return Question(
        "restricted",
        "Shielded people",
        _RESTRICTED,
        lambda row: "shielded" if shielded(read(row)) else "open",
        _restricted_findings,
        banded=True,
    )


def _restricted_findings(table: Table) -> Iterable[Finding]:
    figure = table.figures["shielded"]
    if figure.band in _MANY_SHIELDED:
        yield Finding(
            Weight.HIDES,
            f"{figure.band} records are of shielded people.",
            "They are never shown. Of most services it is fewer than 1 in 100.",
            "Check the column and the values of restricted in the source file.",
        )
    if not figure.band:
        yield Finding(
            Weight.CHECK,
            "Fewer than 10 records are of shielded people, perhaps none.",
            "If the service shields more people than that, its mark is not understood, and they would be shown.",
            "Count them in the service's own system, and check restricted in the source file.",
        )


def _listed(read: Callable[[Row], str | None]) -> Callable[[Row], str]:
    def answer(row: Row) -> str:
        found = read(row)
        return MISSING if found is None else f"={found}"

    return answer


def _status(source: SourceFile, policy: SharingPolicy | None, columns: Columns) -> Question:
    assert source.involvement.status is not None  # noqa: S101 -- asked for by the caller
    named: Mapping[str, str] = {code: f"{code} ({means})" for code, means in source.status_codes.items()}
    if not named and policy is not None and policy.fields.status is not None:
        named = {code: f"{code} ({shown.label})" for code, shown in policy.fields.status.codes.items()}
    answers = {f"={code}": label for code, label in named.items()}
    return Question(
        "status",
        "Status codes",
        {**answers, OTHER_VALUE: "Other values, not mapped", MISSING: "Missing"},
        _listed(columns.text(source.involvement.status)),
        lambda table: _status_findings(answers, table),
        lists_values=True,
    )


def _status_findings(answers: Mapping[str, str], table: Table) -> Iterable[Finding]:
    others = [one for one in table.figures if one not in answers and one != MISSING]
    if answers and table.notable(*others, least=0.0):
        yield Finding(
            Weight.CHECK,
            f"{table.words(*others)} has a status that status_codes does not map.",
            "The involvement is shown, but without a status.",
            "Add the values that are not mapped to status_codes, and what they mean to the sharing policy.",
        )
    if unused := [table.labels[one] for one in answers if table.figures[one].count is None]:
        yield Finding(
            Weight.CHECK,
            f"Mapped, but hardly found: {', '.join(unused)}.",
            "Perhaps the code is written otherwise in the data; capitals count.",
            "Compare the status codes of the source file with those of the service's system.",
        )


def _gate(gate: str, read: Callable[[Row], str | None], rules: Gate | None, *, all_occur: bool) -> Question:
    named: Mapping[str, str] = {}
    if rules is not None:
        passing = {one: f"{one} (may be shown)" for one in rules.only or ()}
        named = {**passing, **{one: f"{one} (never shown)" for one in rules.never}}
    answers = {f"={value}": label for value, label in named.items()}
    return Question(
        f"gate_{gate}",
        f"Gate: {gate}",
        {**answers, OTHER_VALUE: "Other values", MISSING: "Missing"},
        _listed(read),
        lambda table: _gate_findings(gate, rules, answers, table, all_occur=all_occur),
        lists_values=True,
    )


def _gate_findings(
    gate: str, rules: Gate | None, answers: Mapping[str, str], table: Table, *, all_occur: bool
) -> Iterable[Finding]:
    others = [one for one in table.figures if one not in answers and one != MISSING]
    if rules is None:
        return
    if rules.only is not None and table.notable(*others, least=0.0):
        yield Finding(
            Weight.HIDES,
            f"{table.words(*others)} has a value of {gate} that the sharing policy does not name.",
            "Such records are shown to nobody: the policy lists the values that pass.",
            "Let the data owner decide about each of these values, and name them in the policy.",
        )
    if table.notable(MISSING):
        yield Finding(
            Weight.HIDES,
            f"{table.words(MISSING)} has no value of {gate}.",
            "A record without a value passes no gate, and is shown to nobody.",
            "Have the value filled in.",
        )
    unused = [table.labels[one] for one in answers if table.figures[one].count is None]
    if unused and all_occur:
        yield Finding(
            Weight.CHECK,
            f"Named in the sharing policy, but hardly found: {', '.join(unused)}.",
            "A value that is written otherwise in the data is another value: it is not held back, or not shown.",
            "Compare the policy's values with those of the service's system.",
        )
