"""Each attack sees the same, byte for byte, whether a record is withheld or absent, and would see it if shown."""

from __future__ import annotations

import pytest

from tests.attacks.page import PAGE, page
from tests.attacks.tries import ATTACKS
from tests.attacks.world import Tried, as_text, files
from tests.laws.conftest import Start, start

__all__ = ["start"]


@pytest.mark.parametrize("tried", ATTACKS, ids=lambda tried: tried.title)
async def test_a_withheld_record_is_as_if_it_were_not_there(start: Start, tried: Tried) -> None:
    seen = {}
    for world in ("withheld", "absent", "shown"):
        town = await start(tried.rows(world), **{**files(), **tried.files})
        seen[world] = as_text(await tried.attack(town))
    assert seen["withheld"] == seen["absent"]
    assert seen["withheld"] != seen["shown"], "it would see nothing of a record that is shown either"


def test_each_attack_is_on_the_page() -> None:
    assert PAGE.read_text(encoding="utf-8") == page()
    assert len({one.title for one in ATTACKS}) == len(ATTACKS) >= 20
