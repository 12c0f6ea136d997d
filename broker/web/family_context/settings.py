"""``family_context_api`` of ``broker.yaml``: whether the old front end is answered, and who may sign in by it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from broker.api.settings import FileReference
from consent_rules.model import PurposeRules, Relation
from handwritten import Fault


class LoginSettings(BaseModel):
    """Sign-in by the old front end's own form, with the passwords of a file (``broker family-context account``).

    That form has no field for purpose, reason or person's relation: all who sign in by it ask for ``purpose``,
    which may have nothing recorded, about people who are taken to be ``relation``, and see flags alone.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    accounts: FileReference
    purpose: Annotated[str, Field(min_length=1)]
    relation: Relation


class FamilyContextSettings(BaseModel):
    """``front_end``: where the front end stands, on the very origin of ``pages.address``: a path.

    ``login: none``: its own form signs nobody in, and people begin on the broker's own pages.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    front_end: Annotated[str, Field(pattern=r"^/([a-z0-9][a-z0-9._-]*/?)*$")] = "/family-context/"
    login: Literal["none"] | LoginSettings = "none"


def against_purposes(
    settings: FamilyContextSettings | None, rules: PurposeRules, file: Path
) -> Iterator[Fault]:
    """What the old front end's own form can't ask for. ``file`` is ``broker.yaml``."""
    if settings is None or settings.login == "none":
        return
    login, named = settings.login, f"family_context_api.login.purpose is {settings.login.purpose}"
    purpose = rules.purposes.get(login.purpose)
    if purpose is None:
        yield Fault(file, 1, 1, f"{named}: purposes.yaml has no such purpose. Name one of its own.")
        return
    if purpose.must_record:
        wanted = " and ".join(one.replace("_", " ") for one in purpose.must_record)
        yield Fault(
            file,
            1,
            1,
            f"{named}, which has {wanted} recorded: the old front end has no field for it. Name a purpose that has"
            " nothing recorded, or say login: none, so that people begin on the broker's own pages.",
        )
    if "flags" not in purpose.views or "people" not in purpose.journeys:
        yield Fault(
            file, 1, 1, f"{named}, which lets nobody ask for flags about people by name. Name another."
        )
    if login.relation not in purpose.about:
        sentence = (
            f"family_context_api.login.relation is {login.relation}, whom {login.purpose} is not about."
        )
        yield Fault(file, 1, 1, f"{sentence} Name one of: {', '.join(purpose.about)}.")
