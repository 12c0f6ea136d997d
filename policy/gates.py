"""What decides whether a record exists for anyone: the gates, compiled, and the look-back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from policy.model import Gate
from policy.parts import spelt_alike


@dataclass(frozen=True, slots=True)
class CompiledGate:
    """The values that pass, where they are listed; those that never do; and what is spelt like these."""

    only: frozenset[str] | None
    never: frozenset[str]
    like_never: frozenset[str]

    def passes(self, value: str | None) -> bool:
        """A missing value passes no gate; without a list of those that pass, none like a ``never`` does."""
        return value is not None and value not in self.never and self._listed(value)

    def _listed(self, value: str) -> bool:
        return value in self.only if self.only is not None else spelt_alike(value) not in self.like_never


def compiled_gates(gates: Mapping[str, Gate]) -> Mapping[str, CompiledGate]:
    """The gates of a policy, by name."""
    return {name: _compiled(gate) for name, gate in gates.items()}


def _compiled(gate: Gate) -> CompiledGate:
    only = None if gate.only is None else frozenset(gate.only)
    return CompiledGate(only, frozenset(gate.never), frozenset(map(spelt_alike, gate.never)))
