"""The inventory of keys and secrets leaves none out that a file of a partnership may refer to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from broker.settings import Settings
from connectors.connection import HttpConnection, OdbcConnection, PostgresqlConnection

PAGE = (Path(__file__).parents[3] / "docs/reference/keys-and-secrets.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| `([a-zA-Z_.]+)` \| (.+?) \| (.+?) \| (.+?) \| (.+?) \|$", re.MULTILINE)
NOT_SECRET = {"listen.tls.certificate", "listen.tls.clients"}
"""References to what everybody may read."""


def referred_to() -> set[str]:
    """Where a reference to a secret may stand, by the keys that lead there; NAME for one that people choose."""
    of_sources = (PostgresqlConnection, OdbcConnection, HttpConnection)
    below = {f"connection.{place}" for model in of_sources for place in places(model)}
    return (set(places(Settings)) | below | {"connection.key"}) - NOT_SECRET  # a path below the partnership


def places(model: type[BaseModel]) -> Iterator[str]:
    for name, found in model.model_fields.items():
        said = f"{found.annotation} {found.metadata}"
        if "credential" in said or "_reference" in said:
            yield name
            continue
        for key, inner in models(found.annotation):
            yield from (f"{name}.{key}{place}" for place in places(inner))


def models(annotation: Any, key: str = "") -> Iterator[tuple[str, type[BaseModel]]]:
    """The models in an annotation; those in a mapping under a name that people choose."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield key, annotation
    named = "NAME." if "dict" in str(annotation).split("[")[0] else key
    for inner in get_args(annotation):
        yield from models(inner, named)


def rows() -> dict[str, tuple[str, ...]]:
    return {one[0]: tuple(one[1:]) for one in ROW.findall(PAGE)}


def test_every_secret_that_a_file_may_refer_to_has_a_line() -> None:
    assert {"references.key", "connection.password", "pages.client_secret"} <= referred_to()
    assert set(rows()) == referred_to()


@pytest.mark.parametrize("name", sorted(rows()))
def test_every_secret_says_how_often_it_is_exchanged(name: str) -> None:
    _, _, exchanged, read = rows()[name]
    assert re.search(r"each year|\d+ days|own rules", exchanged)
    assert read == "start" or read.startswith(("each", "when"))
