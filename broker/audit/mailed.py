"""A checkpoint as an email that people can keep, and found again in what became of it.

Mail programs quote, wrap and encode. A signed note is found all the same: its three lines follow each other, and
blanks inside a signature mean nothing. What was changed beyond that no longer verifies.
"""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Iterator
from datetime import datetime
from email.message import EmailMessage

from broker.audit.checkpoint import Checkpoint, NotACheckpoint, Verifier, opened

_QUOTED = re.compile(r"^(?:[ \t]*>)+[ \t]?", re.MULTILINE)
_SIGNATURE = re.compile(r"[—–]\s+([^\s+]+)\s+((?:[A-Za-z0-9+/]+\s*)+={0,2})")


def mail_text(of: Checkpoint, note: str, verifier: Verifier, partnership: str, now: datetime) -> str:
    """A plain-text mail: a line with its subject, an empty one, and the text."""
    day = f"{now.day} {now:%B %Y}"
    return _MAIL.format(
        partnership=partnership,
        origin=of.origin,
        size=of.size,
        day=day,
        time=f"{now:%H:%M}",
        note=note,
        key=verifier.text(),
    )


def note_in(text: str, verifier: Verifier) -> str | None:
    """The newest checkpoint of this log in a text, a mail or a mail's source, as the note that was signed."""
    found = [note for one in (text, *_decoded(text)) for note in _notes(one, verifier)]
    return max(found, key=lambda note: opened(note, verifier).size, default=None)


def _notes(text: str, verifier: Verifier) -> Iterator[str]:
    """Every checkpoint in a text that this log signed, with the signatures below it."""
    plain = _QUOTED.sub("", text.replace("\r", "").replace("\u00a0", " "))
    head = re.compile(rf"{re.escape(verifier.name)}\s+(\d+)\s+([A-Za-z0-9+/]{{43}}=)\s+(?=[—–])")
    for found in head.finditer(plain):
        note = f"{verifier.name}\n{found[1]}\n{found[2]}\n\n{_signatures(plain[found.end() :])}"
        try:
            opened(note, verifier)
        except NotACheckpoint:
            continue
        yield note


def _signatures(below: str) -> str:
    """The signature lines that a text begins with, each whole again."""
    lines, at = [], 0
    while matched := _SIGNATURE.match(below, at):
        lines.append(f"— {matched[1]} {''.join(matched[2].split())}\n")
        at = matched.end() + len(below[matched.end() :]) - len(below[matched.end() :].lstrip())
    return "".join(lines)


def _decoded(text: str) -> Iterator[str]:
    """The plain text of a mail's source, where ``text`` is one: it may be encoded."""
    try:
        made = email.message_from_string(text, policy=email.policy.default)
        body = made.get_body(("plain",)) if isinstance(made, EmailMessage) else None
        if body is not None:
            yield str(body.get_content())
    except (LookupError, ValueError, KeyError):
        return


_MAIL = """\
Subject: Audit log of {partnership}: checkpoint of {size} entries, {day}

This is what the audit log of {partnership} ({origin}) was at {time} on {day}: {size} entries,
and a signature over all of them. It names nobody. Please keep this mail.

{note}
Should somebody doubt later that the log is still as it was, save this mail as a file and have it compared:

    broker audit verify --partnership DIRECTORY --against FILE

That fails when any of these {size} entries was changed, moved or removed, even if the log was signed again with
its real key. The key that signed it, for other tools that read C2SP checkpoints:

    {key}
"""
