"""The profile of one source: what may be published of its tally, as facts, findings and tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from broker.profile.figures import LEAST_RECORDS, SMALL, Figure, State, banded, parts, rounded
from broker.profile.questions import OTHER_VALUE, Finding, KeyQuestion, Question, Table, Weight
from broker.profile.tally import Questions, Tally
from broker.profile.whole import Circumstances, Fact, Whole
from connectors.source_file import SourceFile

_LONGEST_CODE = 40
_MOST_DIGITS_OF_A_CODE = 5
_MOST_LISTED = 30


@dataclass(frozen=True, slots=True)
class Section:
    """Questions about one matter."""

    title: str
    tables: tuple[Table, ...]


@dataclass(frozen=True, slots=True)
class Profile:
    """Published: nothing in it is about a person. ``findings`` come worst first."""

    source: str
    service: str
    system: str
    kind: str
    circumstances: Circumstances
    records: Figure
    facts: tuple[Fact, ...] = ()
    findings: tuple[Finding, ...] = ()
    sections: tuple[Section, ...] = ()

    @property
    def stops(self) -> bool:
        """Whether the source could not answer as it is."""
        return any(one.weight is Weight.STOPS for one in self.findings)


def profile_of(source: SourceFile, tally: Tally, circumstances: Circumstances) -> Profile:
    """What may be published of a tally. Of fewer than LEAST_RECORDS records in scope, nothing."""
    called = (source.source, source.service, source.system, source.kind, circumstances)
    if tally.rows < LEAST_RECORDS:
        told = Fact("Records in scope", f"fewer than {LEAST_RECORDS}: of so few nothing is told")
        return Profile(*called, Figure(State.HELD_BACK), (told,))
    cohort = _cohort(source, tally)
    records = cohort["in"]
    tables = dict(_tables(tally, records.count or 0))
    whole = Whole(source, tally, circumstances, tables, cohort)
    findings = sorted([*_findings(tally, tables), *whole.findings()], key=_order)
    sections = tuple(_sections(tally.asked, tables))
    return Profile(*called, records, tuple(whole.facts()), tuple(findings), sections)


def _cohort(source: SourceFile, tally: Tally) -> Mapping[str, Figure]:
    """How many records are in scope, and how many are not where there is a cohort."""
    inside = Figure(State.COUNT, rounded(tally.rows))
    if source.cohort is None:
        return {"in": inside}
    shown, outside = parts((tally.rows, tally.outside), rounded(tally.rows + tally.outside))
    return {"in": inside if shown.count is None else shown, "out": outside}


def _tables(tally: Tally, total: int) -> Iterator[tuple[str, Table]]:
    """Every table, made once, so that no figure is told in two ways."""
    for key_question in tally.asked.of_people:
        counts = tally.key_answers(key_question)
        yield key_question.key, _table(key_question, counts, key_question.answers, total)
    for question in tally.asked.plain():
        counts = _publishable(question, tally.answers(question))
        labels = {answer: question.answers.get(answer, f"{answer[1:]} (not mapped)") for answer in counts}
        if question.banded:
            first = next(iter(counts))
            shown = {first: banded(counts[first], tally.rows)}
            yield question.key, Table(question.key, question.title, labels, shown, total)
        else:
            yield question.key, _table(question, counts, labels, total)


def _table(
    question: Question | KeyQuestion, counts: Mapping[str, int], labels: Mapping[str, str], total: int
) -> Table:
    figures = dict(zip(counts, parts(tuple(counts.values()), total), strict=True))
    return Table(question.key, question.title, labels, figures, total)


def _findings(tally: Tally, tables: Mapping[str, Table]) -> Iterator[Finding]:
    for key_question in tally.asked.of_people:
        yield from key_question.findings(tables[key_question.key])
    for question in tally.asked.plain():
        yield from _stops(question, tally.answers(question))
        yield from question.findings(tables[question.key])


def _stops(question: Question, counts: Mapping[str, int]) -> Iterator[Finding]:
    return (finding for answer, finding in question.stops.items() if counts.get(answer))


def _order(finding: Finding) -> int:
    return list(Weight).index(finding.weight)


def _sections(asked: Questions, tables: Mapping[str, Table]) -> Iterator[Section]:
    """Those in which anything is asked."""
    titled = (
        ("Records and people", asked.of_people),
        ("Names", asked.of_names),
        ("Birth date and involvement", asked.of_dates),
        ("Numbers, places and sex", asked.of_identifiers),
        ("Whom to ring", asked.of_contacts),
        ("What decides whether a record counts", asked.of_scope),
    )
    for title, of in titled:
        if of:
            yield Section(title, tuple(tables[one.key] for one in of))


def _publishable(question: Question, counts: Mapping[str, int]) -> Mapping[str, int]:
    """With the values that are rare, or no codes by their looks, among the other values."""
    if not question.lists_values:
        return {answer: counts[answer] for answer in question.answers}
    values = [
        one for one in counts if one not in question.answers and counts[one] >= SMALL and _is_code(one[1:])
    ]
    values.sort(key=lambda one: (-counts[one], one))
    listed = values[:_MOST_LISTED]
    kept = {answer: counts[answer] for answer in question.answers}
    kept |= {value: counts[value] for value in sorted(listed)}
    kept[OTHER_VALUE] += sum(counts[one] for one in counts if one not in kept)
    return kept


def _is_code(value: str) -> bool:
    """Whether a value that many records share may stand in a report: no number of a person, all printable."""
    return (
        len(value) <= _LONGEST_CODE
        and value.isprintable()
        and "@" not in value
        and sum(map(str.isdecimal, value)) <= _MOST_DIGITS_OF_A_CODE
    )


def _label(answer: str) -> str:
    return f"{answer[1:]} (not mapped)"
