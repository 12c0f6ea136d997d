"""A profile as programs and pages take it: JSON, and tables as rows of text."""

from __future__ import annotations

from collections.abc import Sequence

from broker.profile.figures import Figure, percent
from broker.profile.profile import Profile
from broker.profile.questions import Table


def as_plain(profile: Profile) -> dict[str, object]:
    """The profile as JSON has it."""
    told = profile.circumstances
    return {
        "format": "source-profile/1",
        "source": profile.source,
        "service": profile.service,
        "system": profile.system,
        "kind": profile.kind,
        "made_on": told.today.isoformat(),
        "as_of": told.as_of.isoformat() if told.as_of else None,
        "sample": told.sample,
        "records": _figure(profile.records, profile.records.count),
        "facts": [{"label": one.label, "says": one.says} for one in profile.facts],
        "findings": [
            {"weight": one.weight.name.lower(), "what": one.what, "means": one.means, "do": one.do}
            for one in profile.findings
        ],
        "sections": [
            {"title": section.title, "tables": [_plain_table(table) for table in section.tables]}
            for section in profile.sections
        ],
    }


def _plain_table(table: Table) -> dict[str, object]:
    return {
        "question": table.key,
        "title": table.title,
        "answers": [
            {
                "answer": answer.removeprefix("="),
                "label": table.labels[answer],
                **_figure(figure, table.total),
            }
            for answer, figure in table.figures.items()
        ],
    }


def _figure(figure: Figure, total: int | None) -> dict[str, object]:
    share = percent(figure.count, total) if figure.count is not None and total else None
    return {"state": figure.state.value, "count": figure.count, "percent": share, "text": figure.text()}


def rows_of(table: Table) -> Sequence[tuple[str, str, str]]:
    """A table as people read it: what is answered, how many records, and their share.

    Several answers of which no figure is told stand in one row, the last.
    """
    untold = [answer for answer, figure in table.figures.items() if figure.count is None]
    told = [
        (table.labels[answer], figure.text(), percent(figure.count, table.total))
        for answer, figure in table.figures.items()
        if figure.count is not None
    ]
    if not untold:
        return told
    said = table.figures[untold[0]].text()
    labels = "; ".join(table.labels[one] for one in untold)
    return [*told, (labels, said if len(untold) == 1 else f"each {said}", "")]
