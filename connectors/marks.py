"""The mark of a query's id in a source's own log, and where whoever runs the source looks for it."""

from __future__ import annotations

from collections.abc import Mapping

from connectors.source_file import SourceFile

PREFIX = "family-context"


def mark(query_id: str) -> str:
    """What stands in a source's own log of a query: its id alone, which tells nothing of anybody."""
    return f"{PREFIX} {query_id}"


def where_marked(source: SourceFile, query_id: str) -> str | None:
    """What to look for in the source's own log, as a sentence; None for a kind that has no log of its own."""
    if source.kind == "http" and source.request is not None:
        return f"the header {source.request.query_id_header}: {query_id}"
    sentence = _WHERE.get(source.kind)
    return sentence.format(mark=mark(query_id)) if sentence else None


_WHERE: Mapping[str, str] = {
    "postgresql": "application_name '{mark}'",
    "odbc": "a comment in the statement, /* {mark} */; with Oracle, CLIENT_INFO '{mark}'",
}
