"""``broker check``: the whole configuration of a partnership, held together and against the live databases."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

import click
from rich.text import Text

import handwritten
from broker.app import connectors_of
from broker.catalogue import Catalogue, load_catalogue
from broker.cli.printing import Exit, as_json, err, out, partnership, print_json
from broker.settings import Partnership, SecretMissing, load_settings
from connectors.contract import Connector, SourceFault
from policy.testing import run_tests


@click.command(short_help="Check every file of a partnership, and its databases.")
@partnership
@click.option("--files-only", is_flag=True, help="Don't connect to the databases.")
@as_json
def check(directory: Path, files_only: bool, wants_json: bool) -> None:
    """Check a partnership: its files by themselves, against each other, and against the live databases.

    \b
    It names every fault at once, as file:line:col with a sentence on what to do, and tells
      - which source cannot be reached, or is not as its source file says
      - which of the data owners' own tests fail
      - which purposes no data protection officer has signed yet (a warning)
    """
    faults, warnings = _checked(directory, files_only)
    if wants_json:
        print_json({"faults": faults, "warnings": warnings})
    else:
        _told(faults, warnings)
    raise SystemExit(Exit.WRONG if faults else Exit.WELL)


def _checked(directory: Path, files_only: bool) -> tuple[list[str], list[str]]:
    faults: list[str] = []
    try:
        of: Partnership | None = load_settings(directory)
    except handwritten.Faults as found:
        of, faults = None, [str(one) for one in found.faults]
    try:
        catalogue = load_catalogue(directory)
    except handwritten.Faults as found:
        return faults + [str(one) for one in found.faults], []
    faults += _failed_tests(catalogue)
    if of is not None and not files_only:
        faults += _unreadable(of, catalogue)
    unchecked = catalogue.purposes.rules.unchecked()
    return faults, [
        f"purposes.yaml: {name} is not yet signed by a data protection officer" for name in unchecked
    ]


def _failed_tests(catalogue: Catalogue) -> list[str]:
    return [
        f"policy {name}: test '{one.name}' fails: expected {one.expected}, got {one.got}"
        for name, service in catalogue.services.items()
        for one in run_tests(service.loaded)
        if not one.passed
    ]


def _unreadable(of: Partnership, catalogue: Catalogue) -> list[str]:
    try:
        of.sealing_key()
        sources = connectors_of(of, catalogue)
    except (SecretMissing, SourceFault, ValueError) as fault:
        return [str(fault)]
    return asyncio.run(_opened(sources))


async def _opened(sources: Mapping[str, Connector]) -> list[str]:
    faults = []
    for name, connector in sources.items():
        try:
            await connector.open()
        except SourceFault as fault:
            faults.append(f"source {name}: {fault}")
        finally:
            await connector.close()
    return faults


def _told(faults: list[str], warnings: list[str]) -> None:
    for fault in faults:
        err.print(Text(fault, style="red"))
    for warning in warnings:
        err.print(Text(warning, style="yellow"))
    count = f"{len(faults)} fault{'s' if len(faults) != 1 else ''}"
    out.print(f"{count}, {len(warnings)} to sign" if faults or warnings else "All is well.")
