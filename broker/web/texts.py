"""The texts of the pages: a file for each language, of the same keys. ``{name}`` stands for what is filled in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import yaml

MESSAGES = Path(__file__).parent / "messages"


@dataclass(frozen=True, slots=True)
class Texts:
    """The texts of one language. What is filled in is text, never markup: the template escapes the whole."""

    language: str
    texts: Mapping[str, str] = field(repr=False)

    def __call__(self, key: str, **filled_in: object) -> str:
        """The text of a key. Raises KeyError where there is none: a page with a hole is no page."""
        text = self.texts[key]
        return text.format(**filled_in) if filled_in else text

    def where_known(self, key: str, otherwise: str) -> str:
        """The text of a key, or of a sentence that comes from elsewhere, that sentence."""
        return self.texts.get(key, otherwise)

    def day(self, shown: str) -> str:
        """A date cut to its level, day first: 2024, March 2024 or 12 March 2024."""
        match shown.split("-"):
            case [year, month, day]:
                return f"{int(day)} {self.texts[f'month.{month}']} {year}"
            case [year, month]:
                return f"{self.texts[f'month.{month}']} {year}"
            case _:
                return shown


def texts_of(language: str) -> Texts:
    """The texts of ``messages/LANGUAGE.yaml``."""
    texts = yaml.safe_load((MESSAGES / f"{language}.yaml").read_text(encoding="utf-8"))
    return Texts(language, texts)
