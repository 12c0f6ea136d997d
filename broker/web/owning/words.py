"""Names of the files as people read them: of purposes, roles, fields and levels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from broker.web.texts import Texts
from consent_rules.model import PurposeRules
from policy.facts import LEVELS


def plain(name: str) -> str:
    """``social_worker`` as "social worker"."""
    return name.replace("_", " ")


def capital(text: str) -> str:
    """With a capital letter."""
    return text[:1].upper() + text[1:]


@dataclass(frozen=True, slots=True)
class Words:
    """The texts of a page, and what purposes are called in a partnership."""

    texts: Texts
    rules: PurposeRules

    def purpose(self, name: str) -> str:
        """The title of a purpose; of one that is no more, its name."""
        known = self.rules.purposes.get(name)
        return known.title if known else capital(plain(name))

    def roles(self, names: Iterable[str]) -> str:
        """ "Duty worker, social worker"."""
        return capital(", ".join(map(plain, names)))

    def level(self, name: str) -> str:
        """What is seen of a field at a level."""
        return self.texts(f"seen.{name}")

    def said(self, level: str, when: Iterable[str]) -> str:
        """A level with its conditions, as ``broker policy table`` says them."""
        conditions = self.texts("owners.or_if").join(map(plain, when))
        seen = self.level(level)
        return self.texts("owners.if", level=seen, when=conditions) if conditions else seen

    def fields(self) -> Mapping[str, str]:
        """What each field is called."""
        return {name: self.texts(f"of_field.{name}") for name in LEVELS}
