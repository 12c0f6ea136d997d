"""Who is a colleague: read from the file once, again when another lies there, and kept when one can't be read."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import pytest

from broker.staff.colleagues import LOOK_AGAIN_SECONDS, Colleagues
from broker.staff.settings import CsvDirectory, Fields, LdapDirectory, StateWords


class Seconds:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


SETTINGS = CsvDirectory(
    kind="csv",
    path="staff.csv",
    fields=Fields(name="Name", state="State"),
    state=StateWords(works_here=("Active",)),
)


def write(directory: Path, *names: str, version: int = 1) -> None:
    path = directory / "staff.csv"
    path.write_text("Name,State\n" + "".join(f"{name},Active\n" for name in names), encoding="utf-8")
    os.utime(path, (version, version))


async def test_whoever_works_here_is_known_by_every_family_name_and_who_has_left_is_not(
    tmp_path: Path,
) -> None:
    write(tmp_path, "Kit Marlowe-Sample")
    with (tmp_path / "staff.csv").open("a", encoding="utf-8") as file:
        file.write("Pat Quayle,Left\n")
    names = await Colleagues(SETTINGS, tmp_path).names()
    assert {"kit sample", "kit marlowe sample"} <= names
    assert not any("quayle" in one for one in names)


async def test_a_new_file_is_noticed_within_a_minute_and_a_broken_one_takes_nobody_away(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    clock = Seconds()
    colleagues = Colleagues(SETTINGS, tmp_path, clock)
    write(tmp_path, "Pat Quayle")
    assert await colleagues.names() == {"pat quayle"}
    write(tmp_path, "Ines Delacroix", version=2)
    assert await colleagues.names() == {"pat quayle"}
    clock.now += LOOK_AGAIN_SECONDS
    assert await colleagues.names() == {"ines delacroix"}
    (tmp_path / "staff.csv").write_text("Nobody\n", encoding="utf-8")
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            clock.now += LOOK_AGAIN_SECONDS
            assert await colleagues.names() == {"ines delacroix"}
    assert len(caplog.records) == 1
    assert "Ines" not in caplog.text


async def test_without_a_file_there_are_none_that_are_known(tmp_path: Path) -> None:
    assert await Colleagues().names() == frozenset()
    assert await Colleagues(SETTINGS, tmp_path).names() == frozenset()
    ldap = LdapDirectory(kind="ldap", url="ldaps://staff.example", base="dc=example")
    assert await Colleagues(ldap, tmp_path).names() == frozenset()
