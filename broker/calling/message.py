"""What a service's desk reads of a request to ring back: who asks, how to reach them, and about whom, as typed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import TypeAdapter

from broker.audit.call_events import CallRequested
from broker.calling.links import Link
from broker.notices.notice import Notice
from broker.surroundings import LONDON
from connectors.contract import Identifiers

FORMAT = "family-context-call-back/1"
_SUBJECT = "Please ring back: a request through Family Context"
_IDENTIFIERS = TypeAdapter(Identifiers)
_BEFORE_RINGING = (
    "Family Context has not checked the number. Find the person who asks through their organisation's\n"
    "switchboard if you do not know them, and share what your own rules allow. It has looked for nobody in your\n"
    "records to send this, and does not know whether you know the family.\n"
)


def notice_of(
    asked: CallRequested, service: str, partnership: str, training: bool = False, link: Link | None = None
) -> Notice:
    """The request for one service: a text for people, and the same as facts for programs.

    ``link``: by which the desk says that it has taken the request up, where it can.
    """
    facts = {"partnership": partnership, "training": training, **_facts(asked), "acknowledge": _by(link)}
    said = "\n".join(f"{label + ':':<20}{text}" for label, text in _lines(facts) if text)
    head = f"{service} is asked to ring back, through Family Context ({partnership})."
    text = f"{head}\n\n{said}\n\n{_taking_up(link)}{_BEFORE_RINGING}"
    if training:
        text = f"TRAINING. Everybody here is invented: ring nobody.\n\n{text}"
    return Notice(asked.query_id, f"TRAINING: {_SUBJECT}" if training else _SUBJECT, text, facts)


def _facts(asked: CallRequested) -> Mapping[str, Any]:
    who = asked.requester
    return {
        "format": FORMAT,
        "type": "call_back",
        "id": asked.query_id,
        "at": asked.at.isoformat(timespec="seconds"),
        "source": asked.source,
        "purpose": asked.purpose,
        "requester": {"name": who.name, "role": who.role, "organisation": who.organisation},
        "phone": asked.phone,
        "times": asked.times,
        "note": asked.note,
        "person": {"relation": asked.person.relation, **_typed(asked.person.identifiers)},
    }


def _by(link: Link | None) -> Mapping[str, str] | None:
    return None if link is None else {"url": link.url, "until": link.until.isoformat(timespec="seconds")}


def _taking_up(link: Link | None) -> str:
    if link is None:
        return ""
    return (
        "When somebody of you is going to ring, open this address and press its button. Whoever asks\n"
        f"sees then that you have taken it up. It holds until {link.until.astimezone(LONDON):%d %B %Y, %H:%M}.\n\n"
        f"{link.url}\n\n"
    )


def _lines(facts: Mapping[str, Any]) -> Iterator[tuple[str, str | None]]:
    who = facts["requester"]
    yield "Who asks", ", ".join(one for one in (who["name"], _words(who["role"]), who["organisation"]) if one)
    yield "Ring", facts["phone"]
    yield "Best times", facts["times"]
    yield "Purpose", _words(facts["purpose"])
    yield "About a", _words(facts["person"]["relation"])
    for name, value in facts["person"].items():
        if name != "relation":
            label = _words(name)
            yield label[0].upper() + label[1:], _said(value)
    yield "Note", facts["note"]
    yield "Request", facts["id"]


def _said(value: str | list[str]) -> str:
    """What was typed; of several names all, and of a birth date that is not known to the day, the two ends."""
    return value if isinstance(value, str) else ", ".join(value)


def _typed(person: Identifiers) -> Mapping[str, Any]:
    """What was typed of the person, and nothing that was not."""
    every = _IDENTIFIERS.dump_python(person, mode="json")
    return {name: value for name, value in every.items() if value}


def _words(name: str | None) -> str:
    return (name or "").replace("_", " ")
