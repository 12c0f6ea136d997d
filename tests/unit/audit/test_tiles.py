"""Which files a tree of a size has, by C2SP tlog-tiles."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.audit.tiles import Tile, bundle, grouped, tiles


@pytest.mark.parametrize(
    ("number", "path"),
    [(0, "000"), (67, "067"), (999, "999"), (1000, "x001/000"), (1234067, "x001/x234/067")],
)
def test_numbers_are_grouped_as_the_specification_says(number: int, path: str) -> None:
    assert grouped(number) == path


def test_a_tree_of_70_000_has_the_files_of_the_specifications_example() -> None:
    found = list(tiles(70_000))
    assert Counter((one.level, one.full) for one in found) == {
        (None, True): 273,
        (None, False): 1,
        (0, True): 273,
        (0, False): 1,
        (1, True): 1,
        (1, False): 1,
        (2, False): 1,
    }
    assert [one.path for one in found if not one.full] == [
        "tile/entries/273.p/112",
        "tile/0/273.p/112",
        "tile/1/001.p/17",
        "tile/2/000.p/1",
    ]


def test_a_full_tile_has_its_root_alone_on_the_next_level() -> None:
    assert [one.path for one in tiles(256)] == ["tile/entries/000", "tile/0/000", "tile/1/000.p/1"]
    assert list(tiles(0)) == []


@given(st.integers(0, 1_000_000), st.integers(0, 3000))
def test_what_a_tree_has_beyond_an_older_one_makes_it_whole(older: int, more: int) -> None:
    before, after = set(tiles(older)), set(tiles(older + more))
    grown = list(tiles(older + more, older))
    assert set(grown) == after - before
    assert len(grown) == len(set(grown))
    assert {one.full for one in before - after} <= {False}


def test_entries_stand_behind_their_lengths() -> None:
    assert bundle([b"", b"ab", bytes(65_535)]) == b"\0\0" + b"\0\2ab" + b"\xff\xff" + bytes(65_535)
    with pytest.raises(OverflowError):
        bundle([bytes(65_536)])


def test_where_a_partial_tile_stood_is_named_beside_the_full_one() -> None:
    whole = Tile(0, 1234067, 256)
    assert (whole.path, whole.partials) == ("tile/0/x001/x234/067", "tile/0/x001/x234/067.p")
    assert Tile(0, 1234067, 5).path == f"{whole.partials}/5"
