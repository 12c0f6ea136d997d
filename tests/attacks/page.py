"""The page of the attacks, written from their list: ``python -m tests.attacks.page``."""

from __future__ import annotations

from pathlib import Path

from tests.attacks.tries import ATTACKS

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "inference-attacks.md"

_HEAD = """\
# What can be learnt of a record that is withheld

Nothing, by any of these. Somebody who may ask knows a woman's name, and perhaps more, and wants to know whether a
service holds a record of her that its owner withholds: because she is restricted, or a gate, an age or a date
closes it. Each attack is put to three towns that differ in this record alone: it is withheld, it is not there, or
it is shown. Clock and chance stand still. What the attacker sees must be the same in the first two, byte for byte,
and another thing in the third; else the attack would see nothing at all.

The tests are in `tests/attacks/`, and this page is written from their list by `python -m tests.attacks.page`.

| attack | how | what it learns |
| --- | --- | --- |
"""

_TAIL = """
Left out of the comparison: receipts, because which entry of the log a service's is goes by the order in which
services answer, and its hash is of what is encrypted with fresh keys each time; the order of services in a stream;
and seconds in counters. Time is a channel of its own: answers leave on a grid (25 ms by default), which the fifth
law's tests hold.
"""


def page() -> str:
    """The whole page."""
    rows = (f"| {one.title} | {one.how} | nothing |\n" for one in ATTACKS)
    return _HEAD + "".join(rows) + _TAIL


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
