"""What was typed into the forms of the console, and which field a complaint about it belongs to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from aiohttp import web

from broker.api.front import FRONT, Whom
from broker.errors import Complaint
from broker.web.faults import OnPage
from broker.web.forms import read_form
from broker.web.texts import Texts

Typed = Mapping[str, str]
PARTS_OF_A_DAY = ("day", "month", "year")

_FIRST_OF: Mapping[str, str] = {
    "since": "since-day",
    "until": "until-day",
    "birth_date": "birth_date-day",
    "person": "family_name",
    "other_family_names": "other_family_names-1",
}
"""Keys of a body that are several fields of a form, or are called otherwise there."""


async def typed_in(request: web.Request, whom: Whom, names: Iterable[str]) -> Typed:
    """These fields of a form, "" where one is missing. Raises Incomplete, and TokenEnded: it may come slowly."""
    fields = await read_form(request)
    request.app[FRONT].refuse_ended(whom.token)
    return {name: fields.get(name, "") for name in names}


def day_of(fields: Typed, name: str) -> str | None:
    """A day that was typed in three fields, as 2026-05-28; None where none was. What is no day stays none."""
    day, month, year = (fields.get(f"{name}-{part}", "") for part in PARTS_OF_A_DAY)
    return "-".join((year, month.zfill(2), day.zfill(2))) if day or month or year else None


def filled(said: Mapping[str, object]) -> dict[str, object]:
    """Without what was left empty."""
    return {name: value for name, value in said.items() if value not in (None, "", [])}


def on_form(complaints: Iterable[Complaint], texts: Texts) -> tuple[OnPage, ...]:
    """The complaints, each beside its field and once."""
    return tuple(dict.fromkeys(_beside(one, texts) for one in complaints))


def _beside(one: Complaint, texts: Texts) -> OnPage:
    named = [step for step in one.pointer.split("/") if step and not step.isdecimal()]
    field = named[-1] if named else ""
    key = f"missing.{field}" if one.code == "missing" else f"refusal.{one.code}"
    sentence = texts.where_known(key, one.sentence)
    return OnPage(_FIRST_OF.get(field, field), sentence, sentence)
