"""``broker check``: the whole configuration of a partnership, held together and against the live databases."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import click

import handwritten
from broker.activation import ending
from broker.audit.keys import KeysMissing
from broker.audit.stores.contract import UnsafeStore
from broker.audit.watching.load import load_watching
from broker.audit.witness.client import unfit
from broker.calling.desks import unknown_desks
from broker.catalogue import Files, read_files
from broker.cli.printing import Exit, as_json, out, partnership, print_json, tell
from broker.cross_checks import sources_of_nobody
from broker.idle_rules import idle_rules
from broker.limits.settings import against_roles
from broker.log_place import log_place
from broker.opening_keys import open_keys
from broker.production import unwitnessed
from broker.settings import Partnership, SecretMissing, load_settings
from broker.surroundings import LONDON
from broker.web.family_context.opening import accounts_of
from broker.web.family_context.settings import against_purposes
from connectors.case_system import case_source
from connectors.contract import SourceFault
from connectors.registry import connect
from connectors.source_file import SourceFile
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
      - which secret, key, key set or audit database that broker.yaml names is not there, or is not safe
      - which of the data owners' own tests fail
      - which purposes no data protection officer has signed yet, which sources they name that there are none of,
        which rules of policies give nothing to anybody, and which policies end soon; and that no witness cosigns
        the audit log (warnings)
    """
    faults, warnings = _checked(directory, files_only)
    if wants_json:
        print_json({"faults": faults, "warnings": warnings})
    else:
        _told(faults, warnings)
    raise SystemExit(Exit.WRONG if faults else Exit.WELL)


def _checked(directory: Path, files_only: bool) -> tuple[list[str], list[str]]:
    """Faults and warnings. What one file or database has wrong with it hides nothing of the others."""
    files = read_files(directory)
    try:
        of, wrong = load_settings(directory), files.faults
    except handwritten.Faults as found:
        of, wrong = None, (*found.faults, *files.faults)
    faults = [
        *map(str, wrong),
        *_failed_tests(files),
        *_unwitnessed_production(of),
        *_without_desk(of, files),
    ]
    faults += _of_old_front_end(of, files)
    faults += _of_limits(of, files)
    if of is not None and not files_only:
        faults += [*_missing(of), *asyncio.run(_unreadable(of, files))]
    faults += _of_watching(directory)
    ends = ending(files.policies, datetime.now(LONDON).date())
    idle = [str(one) for policy in files.policies for one in idle_rules(policy, files.purposes)]
    of_files = (*_unchecked(files), *_of_nobody(files), *idle, *ends)
    return faults, [
        *of_files,
        *_unsigned(of),
        *_unwitnessed(of),
        *_without_step_up(of, files),
        *_read_by_operators(files),
        *_untold(of),
    ]


def _unchecked(files: Files) -> Iterator[str]:
    for name in files.purposes.rules.unchecked() if files.purposes else ():
        yield f"purposes.yaml: {name} is not yet signed by a data protection officer"


def _of_nobody(files: Files) -> Iterator[str]:
    names = [*(one.source.source for one in files.sources), *(one.policy.source for one in files.policies)]
    for sentence in sources_of_nobody(files.purposes, names) if files.purposes else ():
        yield f"purposes.yaml: {sentence}"


def _of_old_front_end(of: Partnership | None, files: Files) -> list[str]:
    """What the old front end's own form can't ask for, and what its file of accounts has wrong with it."""
    if of is None or files.purposes is None:
        return []
    settings, file = of.settings.family_context_api, of.directory / "broker.yaml"
    faults = list(map(str, against_purposes(settings, files.purposes.rules, file)))
    try:
        accounts_of(of)
    except handwritten.Faults as found:
        faults += map(str, found.faults)
    except SecretMissing as missing:
        faults.append(str(missing))
    return faults


def _of_limits(of: Partnership | None, files: Files) -> list[str]:
    """Limits in broker.yaml of a role that purposes.yaml does not have."""
    if of is None or files.purposes is None:
        return []
    return list(
        map(str, against_roles(of.settings.limits, files.purposes.rules, of.directory / "broker.yaml"))
    )


def _of_watching(directory: Path) -> list[str]:
    try:
        load_watching(directory)
    except handwritten.Faults as found:
        return list(map(str, found.faults))
    return []


def _untold(of: Partnership | None) -> Iterator[str]:
    """Recipients whom watching rules name, and broker.yaml does not know, where it tells anybody at all."""
    if of is None or of.settings.notices is None or _of_watching(of.directory):
        return
    rules = load_watching(of.directory).rules.rules.values()
    for name in sorted({one for rule in rules for one in rule.notify} - {*of.settings.notices.to}):
        yield f"broker.yaml: watching rules notify {name}, who is not under notices: to. Nobody is told instead"


def _without_desk(of: Partnership | None, files: Files) -> Iterator[str]:
    """Services that are to ring back, and whose desk nobody could tell."""
    return map(str, unknown_desks(files.sources, of.settings)) if of is not None else iter(())


def _unsigned(of: Partnership | None) -> Iterator[str]:
    if of is not None and of.settings.production and of.settings.policies.signatures == "not_needed":
        yield "broker.yaml: in production, ask for the owners' signatures: policies: {signatures: required}"


def _without_step_up(of: Partnership | None, files: Files) -> Iterator[str]:
    if of is None or not of.settings.production or of.settings.identity.step_up or not files.purposes:
        return
    for name, purpose in files.purposes.rules.purposes.items():
        if purpose.emergency:
            yield (
                f"broker.yaml: {name} is emergency access, and any sign-in does for it."
                " In production, ask for a strong one: identity: {step_up: {acr: [...], minutes: 10}}"
            )


def _unwitnessed_production(of: Partnership | None) -> Iterator[str]:
    if of is not None and (fault := unwitnessed(of)):
        yield str(fault)


def _unwitnessed(of: Partnership | None) -> Iterator[str]:
    if of is not None and not of.settings.audit.witnesses and not of.settings.production:
        yield "broker.yaml: no witness cosigns the audit log (docs/how-to/witness-a-log.md); production needs one"


def _read_by_operators(files: Files) -> Iterator[str]:
    for one in files.policies:
        if one.policy.alert_owner_when_withheld and not one.policy.owner.alert_key:
            name = one.policy.policy
            yield f"policy {name}: whoever runs the broker can read its alerts. Give it an alert_key, under owner"


def _failed_tests(files: Files) -> Iterator[str]:
    for loaded in files.policies:
        for one in run_tests(loaded):
            if not one.passed:
                yield (
                    f"policy {loaded.policy.policy}: test '{one.name}' fails:"
                    f" expected {one.expected}, got {one.got}"
                )


def _missing(of: Partnership) -> Iterator[str]:
    """What broker.yaml names and is not there: the key that seals references, the audit log's, the key set."""
    try:
        of.sealing_key()
    except SecretMissing as fault:
        yield str(fault)
    try:
        open_keys(of).close()
    except KeysMissing as fault:
        yield str(fault)
    try:
        log_place(of).check()
    except (UnsafeStore, SecretMissing) as fault:
        yield str(fault)
    yield from filter(None, (unfit(one, of.directory) for one in of.settings.audit.witnesses))
    where = of.settings.identity.jwks
    key_set = of.path(where.removeprefix("file:"))
    if where.startswith("file:") and not key_set.is_file():
        yield f"{where}: there is no such file ({key_set}). It is the identity provider's key set (JWKS)."


async def _unreadable(of: Partnership, files: Files) -> list[str]:
    told = await asyncio.gather(*(_opened(of, path, source) for path, source in _to_read(files)))
    return [fault for fault in told if fault]


def _to_read(files: Files) -> Iterator[tuple[Path, SourceFile]]:
    """Every source with its file; a case system is read in two ways."""
    for one in files.sources:
        yield one.path, one.source
        if one.source.case_system:
            yield one.path, case_source(one.source, one.source.case_system)


async def _opened(of: Partnership, path: Path, source: SourceFile) -> str | None:
    """What is wrong between a source file and its live database; None when they agree."""
    try:
        connector = connect(source, secrets=of.secret, base=of.directory)
        try:
            await connector.open()
        finally:
            await connector.close()
    except (SourceFault, SecretMissing, ValueError) as fault:
        return f"{path}: {fault}"
    return None


def _told(faults: list[str], warnings: list[str]) -> None:
    for fault in faults:
        tell(fault, "red")
    for warning in warnings:
        tell(warning, "yellow")
    count = f"{len(faults)} fault{'s' if len(faults) != 1 else ''}"
    out.print(
        f"{count}, {len(warnings)} warning{'s' if len(warnings) != 1 else ''}"
        if faults or warnings
        else "All is well."
    )
