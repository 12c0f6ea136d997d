"""Policy files as commands are given them: a file by its path, or by its name in a partnership."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

import handwritten
from broker.cli.printing import Exit, give_up
from broker.cli.starting import STARTING_FAULTS
from broker.cross_checks import against_source, purposes_and_roles
from broker.settings import Partnership, load_settings
from connectors.source_file import SourceFile
from consent_rules.load import LoadedPurposes, load_purposes
from policy.load import LoadedPolicy, load_policy

a_policy = click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
"""A policy file; or the name of a policy of the partnership, such as ``police``."""


def loaded(file: Path, directory: Path) -> LoadedPolicy:
    """The policy of a file, or of this name in a partnership. Ends the command with every fault of it."""
    named = directory / "policies" / f"{file}.yaml"
    path = file if file.is_file() or not named.is_file() else named
    if not path.is_file():
        give_up(
            f"There is no policy file {file}, and none called so in {directory / 'policies'}.", Exit.USAGE
        )
    try:
        return load_policy(path)
    except handwritten.Faults as faults:
        give_up(str(faults), Exit.WRONG)


def settings_in(directory: Path) -> Partnership:
    """The settings of a partnership. Ends the command when there are none, or they are wrong."""
    try:
        return load_settings(directory)
    except STARTING_FAULTS as fault:
        give_up(str(fault), Exit.USAGE)


def purposes_beside(file: Path, directory: Path) -> LoadedPurposes | None:
    """The purpose rules of the partnership that a policy stands in; None where there are none."""
    for folder in (directory, file.resolve().parent.parent, file.resolve().parent):
        if (path := folder / "purposes.yaml").is_file():
            try:
                return load_purposes(path)
            except handwritten.Faults as faults:
                give_up(str(faults), Exit.WRONG)
    return None


def disagreements_with(policy: LoadedPolicy, directory: Path) -> Iterator[handwritten.Fault]:
    """Where a policy names what the purposes, or its source file, have not; what is not there is not compared."""
    purposes = purposes_beside(policy.path, directory)
    if purposes is not None:
        yield from purposes_and_roles(policy, purposes)
    path = directory / "sources" / f"{policy.policy.source}.yaml"
    if path.is_file():
        try:
            source = handwritten.read(path, SourceFile)
        except handwritten.Faults as faults:
            yield from faults.faults
        else:
            yield from against_source(policy, source)
