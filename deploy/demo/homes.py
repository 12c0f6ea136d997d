"""Where the people of Northshire live: dwellings that are given out once each, with postcodes that fit."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass

from deploy.demo.names import PLACES, STREETS

_NUMBERS = 180
DWELLINGS = len(PLACES) * len(STREETS) * _NUMBERS
_HOMES_TO_A_POSTCODE = 20
_UNIT_LETTERS = "ABDEFGHJLNPQRSTUWXYZ"  # a postcode's last two letters are never C, I, K, M, O or V


@dataclass(frozen=True, slots=True)
class Home:
    """An address and its postcode."""

    address: str
    postcode: str


class Homes:
    """Every dwelling of Northshire, in an order that the seed decides."""

    def __init__(self, chance: random.Random) -> None:
        self._first = chance.randrange(DWELLINGS)
        self._step = _a_step(chance)
        self._given = 0

    def another(self) -> Home:
        """The next dwelling. Beyond some 50,000, houses have been made into flats."""
        storey, place = divmod(self._given, DWELLINGS)
        self._given += 1
        home = dwelling((self._first + place * self._step) % DWELLINGS)
        return home if not storey else Home(f"Flat {storey}, {home.address}", home.postcode)


def _a_step(chance: random.Random) -> int:
    """A step that comes to every dwelling once: it has no divisor in common with their number."""
    while True:
        step = chance.randrange(1_000, DWELLINGS)
        if math.gcd(step, DWELLINGS) == 1:
            return step


def dwelling(serial: int) -> Home:
    """A dwelling of its own for every serial number; about twenty neighbours share a postcode."""
    rest, number = divmod(serial, _NUMBERS)
    place, street = divmod(rest, len(STREETS))
    stretch = number // _HOMES_TO_A_POSTCODE
    sector = street % 9 + 1
    first, second = divmod(street // 9 * 9 + stretch, len(_UNIT_LETTERS))
    unit = _UNIT_LETTERS[first] + _UNIT_LETTERS[second]
    return Home(f"{number + 1} {STREETS[street]}, {PLACES[place]}", f"NX{place + 1} {sector}{unit}")
