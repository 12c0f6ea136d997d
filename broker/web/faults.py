"""Complaints on a page: which field each belongs to, and in which words it is said there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from broker.errors import Complaint
from broker.web.texts import Texts

_FIRST_OF: Mapping[str, str] = {
    "birth_date": "day",
    "other_family_names": "other_family_name",
    "state": "agreement",
    "family_agreement": "agreement",
}
"""Fields of a query that are several on a page, or are called otherwise there."""


@dataclass(frozen=True, slots=True)
class OnPage:
    """A complaint: the id of its field (empty: of none), the sentence beside it, and the one above the form.

    ``elsewhere``: the name of its field where its form is on another page, for the script to find it there.
    """

    field: str
    sentence: str
    above: str
    elsewhere: str = ""


def on_page(complaints: Iterable[Complaint], texts: Texts) -> tuple[OnPage, ...]:
    """The complaints in the order of the form, each once."""
    return tuple(dict.fromkeys(_each(complaints, texts)))


def _each(complaints: Iterable[Complaint], texts: Texts) -> Iterator[OnPage]:
    for one in complaints:
        sentence = texts.where_known(f"refusal.{one.code}", one.sentence)
        match [step for step in one.pointer.split("/") if step]:
            case ["people"]:
                yield OnPage("people-1-family_name", sentence, sentence)
            case ["people", number, *path]:
                at = int(number) + 1
                name = next((step for step in reversed(path) if not step.isdecimal()), "family_name")
                said = texts("errors.of_person", number=at, sentence=sentence)
                yield OnPage(f"people-{at}-{_FIRST_OF.get(name, name)}", sentence, said)
            case [name]:
                yield OnPage(name, sentence, sentence)
            case _:
                yield OnPage("", sentence, sentence)
