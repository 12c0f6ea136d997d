"""The profile as one HTML file: no script, nothing fetched, readable on a phone, on paper and aloud."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape

from broker.html_report import document
from broker.profile.plain import rows_of
from broker.profile.profile import Profile, Section
from broker.profile.questions import Finding, Table

_SUPPRESSED = (
    "Counts are rounded to five, and shares are worked out from rounded counts. A count below ten, none included,"
    " is told as “fewer than 10”; the largest answer to a question is what the others leave of the total, so that"
    " no small count can be worked out. No value of a person is in this report."
)


def page(profile: Profile) -> str:
    """The whole file. Every text in it is escaped."""
    title = f"How good is the data of {profile.service}?"
    return document(title, _body(profile, title))


def _body(profile: Profile, title: str) -> Iterator[str]:
    yield from _head(profile, title)
    yield "<main>"
    yield from _facts(profile)
    yield from _findings(profile.findings)
    for number, section in enumerate(profile.sections, 1):
        yield from _section(number, section)
    yield "</main>"
    yield f'<footer><p class="soft">{escape(_SUPPRESSED)}</p></footer>'


def _head(profile: Profile, title: str) -> Iterator[str]:
    made = f"{profile.system}; source {profile.source}, made on {profile.circumstances.today:%d.%m.%Y}"
    yield "<header>"
    yield f"<h1>{escape(title)}</h1>"
    yield f'<p class="soft">{escape(made)}</p>'
    if profile.circumstances.sample:
        yield "<p><strong>This is a sample, not the whole:</strong> the first rows that the database gave.</p>"
    yield "</header>"
    if profile.sections:
        links = "".join(
            f'<li><a href="#part-{number}">{escape(section.title)}</a></li>'
            for number, section in enumerate(profile.sections, 1)
        )
        yield (
            '<nav aria-label="Parts of this report"><ul><li><a href="#findings">What was found</a></li>'
            f"{links}</ul></nav>"
        )


def _facts(profile: Profile) -> Iterator[str]:
    yield '<section aria-labelledby="facts"><h2 id="facts">In short</h2><dl>'
    for fact in profile.facts:
        yield f"<div><dt>{escape(fact.label)}</dt><dd>{escape(fact.says)}</dd></div>"
    yield "</dl></section>"


def _findings(findings: Iterable[Finding]) -> Iterator[str]:
    yield '<section aria-labelledby="findings"><h2 id="findings">What was found, worst first</h2>'
    items = [line for finding in findings for line in _finding(finding)]
    yield from (
        ['<ol class="findings">', *items, "</ol>"] if items else ["<p>Nothing that needs your time.</p>"]
    )
    yield "</section>"


def _finding(finding: Finding) -> Iterator[str]:
    yield f'<li class="{finding.weight.name.lower()}">'
    yield f'<h3><span class="weight">{escape(finding.weight.value)}</span> {escape(finding.what)}</h3>'
    yield f'<p><span class="part">It means:</span> {escape(finding.means)}</p>'
    yield f'<p><span class="part">What to do:</span> {escape(finding.do)}</p>'
    yield "</li>"


def _section(number: int, section: Section) -> Iterator[str]:
    yield f'<section aria-labelledby="part-{number}"><h2 id="part-{number}">{escape(section.title)}</h2>'
    for table in section.tables:
        yield from _table(table)
    yield "</section>"


def _table(table: Table) -> Iterator[str]:
    yield f"<table><caption>{escape(table.title)}</caption>"
    yield '<thead><tr><th scope="col">Answer</th><th scope="col" class="number">Records</th>'
    yield '<th scope="col" class="number">Share</th></tr></thead><tbody>'
    for label, count, share in rows_of(table):
        yield f'<tr><th scope="row">{escape(label)}</th><td class="number">{escape(count)}</td>'
        yield f'<td class="number">{escape(share) or "not told"}</td></tr>'
    yield "</tbody></table>"
