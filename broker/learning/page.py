"""An evaluation as one HTML file, with the reliability plot as a drawing and as a table."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from broker.html_report import document
from broker.learning.evaluate import AtGrade, Evaluation, Tenth

_SIDE, _MARGIN = 320, 36
_STYLE = """
svg { max-width: 100%; height: auto; } svg text { font: 14px system-ui, Arial, sans-serif; fill: #0b0c0c; }
"""


def page(source: str, version: str, found: Evaluation) -> str:
    """The whole file. It has counts of labels, and nothing about a person."""
    title = f"How well is {source} matched?"
    return document(title, _body(title, version, found), _STYLE)


def _body(title: str, version: str, found: Evaluation) -> Iterator[str]:
    yield f"<header><h1>{escape(title)}</h1>"
    told = f"Weights {version}; {found.pairs} labelled pairs, {found.same} of one person."
    yield f'<p class="soft">{escape(told)}</p>'
    yield "</header><main>"
    yield '<h2 id="grades">By grade</h2>'
    yield from _grades(found.grades)
    yield '<h2 id="calibration">Is what was told true?</h2>'
    yield "<p>On the line, what was held for 80 % likely was so in 80 of a hundred. Below it, too much was told."
    yield "</p>"
    yield from _plot(found.tenths)
    yield from _tenths(found.tenths)
    yield (
        f"<p>Log loss {found.log_loss:.4f} a pair, Brier score {found.brier:.4f};"
        f" {found.wrong_shown} wrong people would be shown.</p>"
    )
    yield '<p class="soft">Labels are of matches that were shown: whoever was missed is not among them.</p></main>'


def _grades(grades: tuple[AtGrade, ...]) -> Iterator[str]:
    yield "<table><caption>Pairs told at a grade or better</caption><thead><tr><th scope=col>Grade</th>"
    yield "<th scope=col class=number>Pairs</th><th scope=col class=number>Precision</th>"
    yield "<th scope=col class=number>Recall</th></tr></thead><tbody>"
    for one in grades:
        shares = "".join(f"<td class=number>{_share(value)}</td>" for value in (one.precision, one.recall))
        yield f"<tr><th scope=row>{one.grade.value}</th><td class=number>{one.pairs}</td>{shares}</tr>"
    yield "</tbody></table>"


def _share(value: float | None) -> str:
    return "none" if value is None else f"{value:.3f}"


def _plot(tenths: tuple[Tenth, ...]) -> Iterator[str]:
    whole = _SIDE + 2 * _MARGIN
    yield f'<svg viewBox="0 0 {whole} {whole}" role="img" aria-labelledby="plot">'
    yield '<title id="plot">Reliability plot: the share that was true against the chance that was told.'
    yield "The same figures stand in the table below.</title>"
    yield f'<path d="M{_x(0)} {_y(0)}L{_x(1)} {_y(1)}" stroke="#b1b4b6" fill="none"/>'
    yield f'<path d="M{_x(0)} {_y(1)}V{_y(0)}H{_x(1)}" stroke="#0b0c0c" fill="none"/>'
    points = " ".join(f"{_x(one.told):.1f},{_y(one.true):.1f}" for one in tenths)
    yield f'<polyline points="{points}" stroke="#1d70b8" stroke-width="2" fill="none"/>'
    for one in tenths:
        yield f'<circle cx="{_x(one.told):.1f}" cy="{_y(one.true):.1f}" r="5" fill="#1d70b8"/>'
    yield f'<text x="{_x(0.5)}" y="{whole - 8}" text-anchor="middle">chance that was told</text>'
    for end in (0, 1):
        yield f'<text x="{_x(end)}" y="{_y(0) + 18}" text-anchor="middle">{end}</text>'
        yield f'<text x="{_MARGIN - 10}" y="{_y(end) + 5}" text-anchor="end">{end}</text>'
    yield '<text x="8" y="20">share that was true</text></svg>'


def _x(share: float) -> float:
    return _MARGIN + share * _SIDE


def _y(share: float) -> float:
    return _MARGIN + (1 - share) * _SIDE


def _tenths(tenths: tuple[Tenth, ...]) -> Iterator[str]:
    headings = ("Held for likely", "Was so", "Pairs")
    cells = "".join(f"<th scope=col class=number>{heading}</th>" for heading in headings)
    yield f"<table><caption>Calibration, by tenths</caption><thead><tr>{cells}</tr></thead><tbody>"
    for one in tenths:
        row = (f"{one.told:.2f}", f"{one.true:.2f}", str(one.pairs))
        yield f"<tr>{''.join(f'<td class=number>{cell}</td>' for cell in row)}</tr>"
    yield "</tbody></table>"
