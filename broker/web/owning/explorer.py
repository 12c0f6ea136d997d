"""``/owners/{source}/who-could-see``: choose who asks what about which record, and see what would be shown.

What is chosen travels in bodies: somebody may choose what they know of a real record, and addresses are kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from aiohttp import web

from broker.surroundings import LONDON
from broker.web.faults import OnPage
from broker.web.forms import read_form
from broker.web.owning.explored import GATE, Choice, Told, Tried, choices, decided, speaks_of_time, tried_of
from broker.web.owning.owned import Owned, owned, owner_page
from broker.web.owning.words import Words, capital, plain
from broker.web.page import texts_for
from broker.web.texts import Texts
from policy.examples import SOMEBODY_ELSE
from policy.explain import Reason

routes = web.RouteTableDef()

_TO_MEND = 422


@routes.get("/owners/{source}/who-could-see", name="page_owner_explorer")
async def explorer(request: web.Request) -> web.Response:
    """The form, with nothing decided."""
    of = await owned(request)
    return _page(request, of, tried_of(of, {"months": "1"}))


@routes.post("/owners/{source}/who-could-see", name="page_owner_explored")
async def explored(request: web.Request) -> web.Response:
    """What would be shown, above the form as it was sent."""
    of, texts = await owned(request), texts_for(request)
    tried = tried_of(of, await read_form(request))
    wrong = [*_errors(tried.missing(), texts), *_errors(tried.misfits(), texts)]
    if wrong:
        return _page(request, of, tried, errors=wrong, status=_TO_MEND)
    return _page(request, of, tried, decided(of, tried, of.around.now().astimezone(LONDON)))


def _errors(names: Iterator[str], texts: Texts) -> Iterator[OnPage]:
    for name in names:
        sentence = texts(f"explorer_wrong.{name}")
        yield OnPage(name, sentence, sentence)


def _page(
    request: web.Request,
    of: Owned,
    tried: Tried,
    told: Told | None = None,
    errors: Sequence[OnPage] = (),
    status: int = 200,
) -> web.Response:
    words, policy = Words(texts_for(request), of.catalogue.purposes.rules), of.service.loaded.policy
    return owner_page(
        request,
        "explorer.html",
        of,
        status,
        here_in="explorer",
        typed=tried.typed,
        errors=errors,
        options={one.name: list(_options(one, words)) for one in choices(of)},
        gates=[(f"{GATE}{name}", capital(plain(name))) for name in policy.gates],
        dated=words.texts(f"of_field.{policy.record_date}"),
        of_time=speaks_of_time(policy),
        told=told,
        asked=_asked(tried, words) if told else "",
        why=list(_why(told, tried, words)) if told else (),
        fields=list(_fields(told, words)) if told else (),
    )


def _options(one: Choice, words: Words) -> Iterator[tuple[str, str]]:
    for name in one.options:
        yield name, _called(one.name, name, words)


def _called(choice: str, name: str, words: Words) -> str:
    if choice == "purpose":
        return words.purpose(name)
    if choice == "role":
        return capital(plain(name))
    if choice.startswith(GATE):
        return words.texts("explorer.other_value") if name == SOMEBODY_ELSE else plain(name)
    return capital(words.texts(f"{_TEXTS.get(choice, choice)}.{name}"))


_TEXTS: Mapping[str, str] = {"case": "of_case", "agreement": "of_agreement"}
"""Where the texts of a choice's options are called otherwise than the choice."""


def _asked(tried: Tried, words: Words) -> str:
    """The question in one line, above what came of it."""
    return words.texts(
        "explorer.question",
        role=capital(plain(tried.typed["role"])),
        purpose=words.purpose(tried.typed["purpose"]),
        relation=words.texts(f"relation.{tried.typed['relation']}"),
    )


def _why(told: Told, tried: Tried, words: Words) -> Iterator[tuple[int | None, str]]:
    """Why nothing is shown; and who may ask, where whoever was chosen may not."""
    yield from _reasons(told.why)
    who = words.rules.purposes[tried.typed["purpose"]].who_may_ask
    if told.outcome == "refused" and tried.typed["role"] not in who:
        yield None, words.texts("explorer.who_may", roles=", ".join(map(plain, who)))


def _fields(told: Told, words: Words) -> Iterator[Mapping[str, Any]]:
    called = words.fields()
    for one in told.fields if told.outcome == "shown" else ():
        yield {
            "called": called[one.name],
            "level": words.level(one.level),
            "because": _reasons(one.because),
            "not_more": _reasons(one.not_more),
        }


def _reasons(reasons: Sequence[Reason]) -> Sequence[tuple[int | None, str]]:
    return [(one.line, capital(plain(one.sentence))) for one in reasons]
