"""The profile as one HTML file: no script, nothing fetched, readable on a phone, on paper and aloud."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape

from broker.profile.plain import rows_of
from broker.profile.profile import Profile, Section
from broker.profile.questions import Finding, Table

_STYLE = """
:root { color-scheme: light; --ink: #0b0c0c; --soft: #505a5f; --line: #b1b4b6; --link: #1d70b8; }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1rem; max-width: 52rem; color: var(--ink); background: #fff;
       font: 1.0625rem/1.5 system-ui, "Segoe UI", Arial, sans-serif; }
h1 { font-size: 1.75rem; line-height: 1.2; margin: 1rem 0 .25rem; }
h2 { font-size: 1.375rem; margin: 2.5rem 0 .75rem; border-bottom: 2px solid var(--ink); padding-bottom: .25rem; }
h3 { font-size: 1.0625rem; margin: 0 0 .5rem; }
p { margin: 0 0 .75rem; }
a { color: var(--link); }
a:focus { outline: 3px solid #fd0; outline-offset: 2px; }
.soft { color: var(--soft); }
dl { margin: 0; }
dl div { padding: .5rem 0; border-bottom: 1px solid var(--line); }
dt { font-weight: 600; }
dd { margin: 0; overflow-wrap: anywhere; }
ol.findings { list-style: none; margin: 0; padding: 0; }
ol.findings > li { border: 1px solid var(--line); border-left: .5rem solid var(--ink); padding: .75rem 1rem;
                   margin-bottom: 1rem; break-inside: avoid; }
.weight { display: inline-block; border: 1px solid var(--ink); padding: 0 .5rem; font-size: .9375rem; }
.stops .weight { background: var(--ink); color: #fff; }
.part { font-weight: 600; }
table { width: 100%; border-collapse: collapse; margin: 0 0 1.75rem; break-inside: avoid; }
caption { text-align: left; font-weight: 600; padding: .25rem 0; }
th, td { text-align: left; vertical-align: top; padding: .375rem .5rem .375rem 0; overflow-wrap: anywhere;
         border-bottom: 1px solid var(--line); }
tbody th { font-weight: 400; }
th.number, td.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap;
                       padding-right: 0; padding-left: .75rem; }
@media (min-width: 40rem) { dl div { display: grid; grid-template-columns: 16rem 1fr; gap: 1rem; } }
@media print { body { font-size: 10pt; max-width: none; padding: 0; } nav { display: none; }
               h2 { break-after: avoid; } a { color: inherit; } }
"""

_NOTHING_FETCHED = "default-src 'none'; style-src 'unsafe-inline'"
_SUPPRESSED = (
    "Counts are rounded to five, and shares are worked out from rounded counts. A count below ten, none included,"
    " is told as “fewer than 10”; the largest answer to a question is what the others leave of the total, so that"
    " no small count can be worked out. No value of a person is in this report."
)


def page(profile: Profile) -> str:
    """The whole file. Every text in it is escaped."""
    title = f"How good is the data of {profile.service}?"
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en-GB">',
            "<head>",
            '<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f'<meta http-equiv="Content-Security-Policy" content="{_NOTHING_FETCHED}">',
            '<meta name="robots" content="noindex">',
            f"<title>{escape(title)}</title>",
            f"<style>{_STYLE}</style>",
            "</head>",
            "<body>",
            *_head(profile, title),
            "<main>",
            *_facts(profile),
            *_findings(profile.findings),
            *(
                line
                for number, section in enumerate(profile.sections, 1)
                for line in _section(number, section)
            ),
            "</main>",
            f'<footer><p class="soft">{escape(_SUPPRESSED)}</p></footer>',
            "</body>",
            "</html>",
            "",
        ]
    )


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
