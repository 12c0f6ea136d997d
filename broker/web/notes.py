"""The text for case notes: what was asked, what each service said and does not say, and the check's id."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from broker.web.texts import Texts

UNREAD = frozenset({"timed_out", "unavailable", "maintenance", "not_asked", "withheld"})


def notes_of(
    said: Mapping[str, Any],
    services: Collection[Mapping[str, Any]],
    names: Mapping[int, str],
    about: Mapping[str, str],
    texts: Texts,
) -> str:
    """The whole text. ``about``: purpose, case and time, as the page shows them."""
    return "\n".join(
        [*_top(said, about, texts), *_people(said, services, names, texts), "", texts("notes.limits")]
    )


def _top(said: Mapping[str, Any], about: Mapping[str, str], texts: Texts) -> Iterator[str]:
    if about["training"]:
        yield about["training"]
    yield texts("notes.check", id=said["query_id"], at=about["asked_at"])
    yield texts("notes.purpose", purpose=about["purpose"])
    if about["case"]:
        yield texts("notes.case", case=about["case"])


def _people(
    said: Mapping[str, Any],
    services: Collection[Mapping[str, Any]],
    names: Mapping[int, str],
    texts: Texts,
) -> Iterator[str]:
    for person in said["people"]:
        number = person["person"]
        yield ""
        yield names[number] + (f" ({texts('relation.' + person['relation'])})" if person["relation"] else "")
        for service in services:
            if "people" in service:
                yield _line(service, service["people"][number - 1], texts)


def _line(service: Mapping[str, Any], part: Mapping[str, Any], texts: Texts) -> str:
    return texts(
        "notes.line",
        service=service["service"],
        system=service["system"],
        outcome=texts(f"outcome.{part['outcome']}"),
        as_of=_as_of(service, part, texts),
        covers=texts(
            "row.covers_since", since=texts.day(service["covers_since"]), area=service["covers_area"]
        ),
        desk=f"{service['desk']['name']}, {service['desk']['phone']}",
    )


def _as_of(service: Mapping[str, Any], part: Mapping[str, Any], texts: Texts) -> str:
    """Of when what is said is. What was not read must not sound as if it had been."""
    if part["outcome"] in UNREAD:
        return texts("row.not_read")
    if service["as_of"] == "live":
        return texts("row.live")
    return texts.day(service["as_of"]) if service["as_of"] else texts("row.not_known")
