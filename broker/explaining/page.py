"""An explanation as one HTML file: a waterfall chart for each record, and the same figures in a table."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from broker.explaining import words
from broker.explaining.report import Report, steps
from broker.explaining.waterfall import STYLE as CHART
from broker.explaining.waterfall import waterfall
from broker.html_report import document
from broker.matching.explain import Account, Weight

_TITLE = "How well do these records match?"
_STYLE = (
    CHART
    + """
body { max-width: 76rem; }
.records { display: grid; gap: 0 2.5rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 24rem), 1fr)); }
.grade { display: inline-block; border: 2px solid var(--ink); padding: 0 .5rem; font-weight: 600; }
.certain .grade, .probable .grade { background: var(--ink); color: #fff; }
.wide { overflow-x: auto; } .wide:focus { outline: 3px solid #fd0; }
tfoot th { font-weight: 400; }
@media print { .records { display: block; } }
"""
)


def page(report: Report) -> str:
    """The whole file. Every text in it is escaped."""
    return document(_TITLE, _body(report), _STYLE)


def _body(report: Report) -> Iterator[str]:
    yield from _head(report)
    yield "<main>"
    yield from _together(report)
    yield '<div class="records">'
    for account in report.told.accounts:
        yield from _record(report, account)
    yield "</div></main>"
    yield f'<footer><p class="soft">{escape(" ".join(_notes(report)))}</p></footer>'


def _head(report: Report) -> Iterator[str]:
    told = report.told
    with_relatives = "with" if told.relatives else "without"
    said = (
        f"Weights {told.version}; {told.population:,} people in the source, {with_relatives} their relatives."
    )
    yield f'<header><h1>{escape(_TITLE)}</h1><p class="soft">{escape(said)}</p>'
    if report.values:
        yield "<p><strong>This report holds values of people. Keep it as you keep the records.</strong></p>"
    yield "</header>"


def _together(report: Report) -> Iterator[str]:
    yield '<section aria-labelledby="together"><h2 id="together">How they compete</h2>'
    yield "<p>The person is one of these, or nobody of them: the chances come to 100 %.</p>"
    yield '<div class="wide" role="region" aria-labelledby="together" tabindex="0">'
    yield "<table><caption>Likeliest first</caption><thead><tr>"
    yield from (f'<th scope="col">{one}</th>' for one in ("Who", "Grade"))
    yield from (f'<th scope="col" class="number">{one}</th>' for one in ("Odds", "Chance"))
    yield "</tr></thead><tbody>"
    for one in report.told.accounts:
        name = escape(words.names_of(one.records))
        yield f'<tr><th scope="row"><a href="#{_anchor(one)}">{name}</a></th><td>{one.grade.value}</td>'
        yield from _figures(words.odds(one.bits), words.percent(one.chance))
        yield "</tr>"
    yield '<tr><th scope="row">Nobody of these</th><td></td>'
    yield from _figures("", words.percent(report.told.nobody))
    yield "</tr></tbody></table></div></section>"


def _figures(*figures: str) -> Iterator[str]:
    yield from (f'<td class="number">{escape(one)}</td>' for one in figures)


def _anchor(account: Account) -> str:
    return f"record-{account.records[0] + 1}"


def _record(report: Report, account: Account) -> Iterator[str]:
    heading, name = _anchor(account), words.names_of(account.records)
    yield f'<section class="{account.grade.value}" aria-labelledby="{heading}">'
    yield f'<h2 id="{heading}">{escape(name)}</h2>'
    yield f'<p><span class="grade">{account.grade.value}</span> {escape(words.why(account))}</p>'
    yield from waterfall(heading, name, steps(account))
    yield f'<div class="wide" role="region" aria-label="{escape(name)}: weights" tabindex="0">'
    yield from _table(report, account)
    yield "</div></section>"


def _table(report: Report, account: Account) -> Iterator[str]:
    columns = ("Typed", "Record", "Comparison") if report.values else ("Comparison",)
    yield f"<table><caption>Weight by weight, in bits</caption><thead><tr>{_heading('Identifier')}"
    yield from map(_heading, columns)
    yield from (f'<th scope="col" class="number">{one}</th>' for one in ("m", "u", "Bits"))
    yield "</tr></thead><tbody>"
    for weight in account.weights:
        yield from _identifier(report, account, weight)
    yield "</tbody><tfoot>"
    for name, says, value in (*words.terms(account), *words.verdict(account)):
        yield f'<tr><th scope="row">{escape(name)}</th><td colspan="{len(columns) + 2}">{escape(says)}</td>'
        yield from _figures("" if value is None else words.bits(value))
        yield "</tr>"
    yield "</tfoot></table>"


def _heading(name: str) -> str:
    return f'<th scope="col">{name}</th>'


def _identifier(report: Report, account: Account, weight: Weight) -> Iterator[str]:
    yield f'<tr><th scope="row">{words.IDENTIFIERS[weight.identifier]}</th>'
    if report.values:
        yield from (f"<td>{escape(one)}</td>" for one in report.written(account, weight.identifier))
    yield f"<td>{escape(words.level(weight))}</td>"
    counted = weight.level and weight.counts
    yield from _figures(
        *((words.share(weight.m), words.share(weight.u)) if counted else ("", "")), words.bits(weight.bits)
    )
    yield "</tr>"


def _notes(report: Report) -> Iterator[str]:
    yield "m is how often records of one person compare so, u how often those of two strangers do."
    yield "Bits are the logarithm of m divided by u, to the base of 2: one more doubles the odds."
    yield "Not compared: missing on a side, a stopgap, a number with a wrong check digit, or told by the address."
    if not report.values:
        yield "No value of a person stands here; how common a name is can be seen from its u."
