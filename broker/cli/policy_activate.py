"""``broker policy activate``, ``rollback`` and ``history``: what is in force, what was, and what comes next."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from rich.text import Text

from broker.activation import kept_versions, last_in_force, refused, signatures_beside, write_whole
from broker.cli.policy_files import a_policy, disagreements_with, loaded, settings_in
from broker.cli.printing import Exit, as_json, give_up, of_partnership, out, print_json, table, tell
from broker.cli.recording import Reading, log_read
from broker.settings import Partnership
from policy.compile import compile_policy
from policy.diff import diff
from policy.diff_words import change_said
from policy.load import LoadedPolicy, load_policy
from policy.sign import SUFFIX, SignatureUnfit, written

_VERSION = re.compile(rb"^version:[ \t]*(\d+)", re.MULTILINE)
_KINDS = ("policy.approved", "policy.activated", "policy.refused")


@click.command("activate", short_help="Put a new version of a policy in force.")
@a_policy
@of_partnership
@click.option("--yes", is_flag=True, help="Don't ask whether the changes are meant.")
def activate_command(file: Path, directory: Path, yes: bool) -> None:
    """Put the policy FILE, with its signatures, in the partnership's policies/: whole, or not at all.

    It is held against the purposes, the source file and the version in force first, and every change is told. A
    broker that runs takes it within two seconds, unless it shows more and nothing is signed: then start it again.
    """
    policy, of = loaded(file, directory), settings_in(directory)
    last = last_in_force(of).get(policy.policy.source)
    faults = [*map(str, disagreements_with(policy, directory)), *_reasons(policy, last, of)]
    for fault in faults:
        tell(fault, "red")
    if faults:
        give_up("It stays out of force.", Exit.WRONG)
    _tell_changes(last, policy)
    if not yes and not click.confirm("Is that what is meant?", default=False):
        give_up("Nothing was changed.", Exit.WRONG)
    _install(policy, directory / "policies" / f"{policy.policy.policy}.yaml")
    out.print(
        f"{policy.policy.policy}, version {policy.policy.version}, is in {directory / 'policies'}.",
        soft_wrap=True,
    )


def _install(policy: LoadedPolicy, where: Path) -> None:
    """The signatures first: the policy is never there without them."""
    raw, statements = policy.path.read_bytes(), signatures_beside(policy.path)
    where.parent.mkdir(parents=True, exist_ok=True)
    if statements:
        write_whole(where.with_name(where.name + SUFFIX), written(statements).encode("utf-8"))
    write_whole(where, raw)


def _reasons(policy: LoadedPolicy, last: LoadedPolicy | None, of: Partnership) -> list[str]:
    source = policy.policy.source
    try:
        found = refused({source: last} if last else {}, {source: policy}, of, datetime.now(UTC))
    except SignatureUnfit as fault:
        return [f"{policy.path.name}{SUFFIX}: {fault}"]
    return [one.sentence for one in found if one.code != "wider"]


def _tell_changes(last: LoadedPolicy | None, policy: LoadedPolicy) -> None:
    if last is None:
        out.print("It is the first version.")
        return
    found = diff(compile_policy(last), compile_policy(policy))
    for sign, changes in (("+", found.wider), ("-", found.narrower)):
        for change in changes:
            out.print(Text(f"{sign} {change_said(change)}"))
    out.print(f"{len(found.wider)} wider, {len(found.narrower)} narrower, {len(found.reworded)} reworded")


@click.command("rollback", short_help="Make a new version that says what an older one said.")
@click.argument("name")
@of_partnership
@click.option("--to", "wanted", type=click.IntRange(1), required=True, help="The version to go back to.")
@click.option(
    "--out",
    "where",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="Write the new version here.",
)
def rollback_command(name: str, directory: Path, wanted: int, where: Path) -> None:
    """Write to a file what the policy NAME said in an older version, under the next number.

    Versions only ever grow, so that nobody can bring an old file back unnoticed: going back is a new version, to
    be signed and activated like any other.
    """
    of = settings_in(directory)
    kept = {load_policy(path).policy.version: path for path in kept_versions(of, name)}
    if wanted not in kept:
        there = ", ".join(map(str, kept)) or "none"
        give_up(f"No version {wanted} of {name} was in force here. Kept versions: {there}.", Exit.USAGE)
    if where.exists():
        give_up(f"{where} is there already.", Exit.USAGE)
    number = max(kept) + 1
    raw, count = _VERSION.subn(f"version: {number}".encode(), kept[wanted].read_bytes(), count=1)
    if not count:
        give_up(f"The line version of {kept[wanted]} is not found.", Exit.WRONG)
    write_whole(where, raw)
    out.print(f"Written to {where}: version {number} says what version {wanted} said.", soft_wrap=True)
    _tell_changes(load_policy(kept[max(kept)]), load_policy(where))


@click.command("history", short_help="Which policies came into force when, and which did not.")
@click.argument("name", required=False)
@of_partnership
@as_json
def history_command(name: str | None, directory: Path, wants_json: bool) -> None:
    """Tell from the audit log when each version of the policy of source NAME, or of every source, came into force.

    Files that stayed out of force are told too, with why, and versions that were approved on the pages.
    """
    reading = Reading("policy history", asked={"policy": name})
    with log_read(settings_in(directory), reading) as (reader, _):
        entries = [facts for kind in _KINDS for facts in reversed(list(reader.of_kind(kind)))]
    told = sorted(
        (one for one in entries if name in (None, one.get("source"))), key=lambda one: str(one["at"])
    )
    if wants_json:
        print_json(told)
    else:
        rows = [[str(one["at"]), one["type"], one.get("source") or "", _what(one)] for one in told]
        table(None, ["At", "What", "Source", ""], rows)


def _what(facts: Mapping[str, Any]) -> str:
    if "version" in facts:
        return f"version {facts['version']}, {facts['policy_digest'][:16]}"
    return str(facts["code"])
