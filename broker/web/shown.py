"""What stands on an answer's page: made of the JSON that the API answers with, so nothing else can stand there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from aiohttp import web

from broker.api.front import FRONT
from broker.surroundings import LONDON
from broker.web.check import names_of
from broker.web.forms import PERSON_FIELDS, CheckForm
from broker.web.notes import notes_of
from broker.web.page import LOOK, texts_for
from broker.web.texts import Texts

_FAILED = frozenset({"timed_out", "unavailable", "maintenance"})


@dataclass(slots=True)
class Answered:
    """An answer so far. ``services``: in order; one that was not heard yet has no ``people``."""

    form: CheckForm = field(repr=False)
    said: Mapping[str, Any] = field(repr=False)
    services: dict[str, Mapping[str, Any]] = field(repr=False)
    names: Mapping[int, str] = field(repr=False)
    purpose_title: str
    texts: Texts
    training: bool
    progress: str = ""

    @property
    def title(self) -> str:
        """The page's, as its template writes it."""
        parts = [self._case_title(), *([self.texts("frame.training_title")] if self.training else [])]
        return " - ".join([*parts, self.texts("frame.service")])

    def content(self) -> Mapping[str, Any]:
        """What the template is filled in with."""
        return {
            "answer": self.said,
            "services": list(self.services.values()),
            "names": self.names,
            "purpose_title": self.purpose_title,
            "case_reference": self.form.typed["case_reference"],
            "asked_at": moment(self.said["asked_at"], self.texts),
            "progress": self.progress,
            "known": {number: self.known(number) for number in self.names},
            "awaited": self.awaited(),
            "typed": list(hidden(self.form)),
            "notes": self.notes() if not self.awaited() else "",
        }

    def heard(self, part: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
        """One service has answered: its rows, one for each person."""
        self.services[part["source"]] = part
        self._count()
        return [
            {
                "id": f"says-{one['person']}-{part['source']}",
                "number": one["person"],
                "name": self.names[one["person"]],
                "service": part,
                "part": one,
                "opened": "",
            }
            for one in part["people"]
        ]

    def ended(self) -> None:
        """That was all: whoever could not be asked is not waited for any more."""
        self._count()

    def broken(self) -> None:
        """The rest can't be told."""
        self.progress = self.texts("progress.broken")

    def notes(self) -> str:
        """The text for case notes."""
        return notes_of(self.said, self.services.values(), self.names, self._about(), self.texts)

    def _about(self) -> Mapping[str, str]:
        case = self.form.typed["case_reference"]
        return {
            "purpose": self.purpose_title,
            "case": f"{case} ({self.texts('case.' + self.said['case'])})" if case else "",
            "asked_at": moment(self.said["asked_at"], self.texts),
            "training": self.texts("frame.training") if self.training else "",
        }

    def _case_title(self) -> str:
        return self.texts(
            "answer.title", case=self.form.typed["case_reference"] or self.texts("answer.no_case")
        )

    def known(self, number: int) -> list[str]:
        """The services that have said so far that they know a person: each once, by its name."""
        heard = [one for one in self.services.values() if "people" in one]
        known = [one for one in heard if one["people"][number - 1]["outcome"] == "involved"]
        return list(dict.fromkeys(one["service"] for one in known))

    def awaited(self) -> int:
        """How many services have not said anything yet."""
        return sum("people" not in one for one in self.services.values())

    def _count(self) -> None:
        """Say how far it is. A service that failed or was not asked is never counted as one that answered."""
        heard = [one for one in self.services.values() if "people" in one]
        outcomes = [{one["outcome"] for one in service["people"]} for service in heard]
        failed = sum(bool(one & _FAILED) for one in outcomes)
        unasked = sum(one <= {"not_asked", "withheld"} for one in outcomes)
        counted = {"answered": len(heard) - failed - unasked, "failed": failed, "unasked": unasked}
        which = "progress.asking" if self.awaited() else "progress.done"
        self.progress = self.texts(which, awaited=self.awaited(), **counted)


def answered_of(
    request: web.Request, form: CheckForm, said: Mapping[str, Any], *, whole: bool = True
) -> Answered:
    """The page's view of an answer; where it isn't whole, the services that are not in it are still awaited."""
    catalogue, texts = request.app[FRONT].broker.around.catalogue, texts_for(request)
    heard: Mapping[str, Mapping[str, Any]] = {one["source"]: one for one in said["services"]}
    awaited = {} if whole else {name: _awaited(one.source) for name, one in catalogue.services.items()}
    answered = Answered(
        form=form,
        said=said,
        services={**awaited, **heard},
        names=_names(form, said, texts),
        purpose_title=catalogue.purposes.rules.purposes[said["purpose"]].title,
        texts=texts,
        training=request.app[LOOK].face.training,
    )
    answered.ended()
    return answered


def hidden(form: CheckForm) -> Iterator[tuple[str, str]]:
    """What was typed, as hidden fields: so that asking again needs no typing, and no memory of ours."""
    yield from ((name, text) for name, text in form.typed.items() if text)
    yield "how_many", str(len(form.people))
    for number, person in enumerate(form.people, start=1):
        for name in PERSON_FIELDS:
            if person.get(name):
                yield f"people-{number}-{name}", person[name]


def moment(written: str, texts: Texts) -> str:
    """29 November 2026, 07:05: in London."""
    at = datetime.fromisoformat(written).astimezone(LONDON)
    return f"{texts.day(at.date().isoformat())}, {at:%H:%M}"


def _names(form: CheckForm, said: Mapping[str, Any], texts: Texts) -> Mapping[int, str]:
    """As typed; or, of a case's people, as the case system shows them to its worker."""
    if form.journey == "people":
        return names_of(form, texts)
    return {
        one["person"]: one["name"] or texts("check.person", number=one["person"]) for one in said["people"]
    }


def _awaited(source: Any) -> Mapping[str, Any]:
    """What is known of a service before it says anything."""
    desk = {"name": source.desk.name, "phone": source.desk.phone, "hours": source.desk.hours}
    return {"source": source.source, "service": source.service, "system": source.system, "desk": desk}
