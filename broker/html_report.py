"""A report as one HTML file: no script, nothing fetched, readable on a phone, on paper and aloud."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

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
th, td { text-align: left; vertical-align: top; padding: .375rem .5rem .375rem 0; overflow-wrap: break-word;
         border-bottom: 1px solid var(--line); }
tbody th { font-weight: 400; }
th.number, td.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap;
                       padding-right: 0; padding-left: .75rem; }
@media (min-width: 40rem) { dl div { display: grid; grid-template-columns: 16rem 1fr; gap: 1rem; } }
@media print { body { font-size: 10pt; max-width: none; padding: 0; } nav { display: none; }
               h2 { break-after: avoid; } a { color: inherit; } }
"""

_NOTHING_FETCHED = "default-src 'none'; style-src 'unsafe-inline'"


def document(title: str, body: Iterable[str], style: str = "") -> str:
    """The whole file, from the lines of its body. They are HTML already; the title is escaped here."""
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
            f"<style>{_STYLE}{style}</style>",
            "</head>",
            "<body>",
            *body,
            "</body>",
            "</html>",
            "",
        ]
    )
