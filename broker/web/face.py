"""What every page says of where one is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Face:
    """Whose pages they are. ``training``: on invented people, and that it is."""

    partnership: str = "Family Context"
    training: bool = False
