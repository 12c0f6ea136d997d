"""Which policies may come into force, and which were: signatures read, versions compared, files kept.

Every policy that comes into force is kept as it was, byte for byte, under ``state/policies/NAME/``: for the change
from it to the next, for its history, and for going back.
"""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import handwritten
from broker.catalogue import Catalogue, Policies
from broker.cross_checks import against_source, purposes_and_roles
from broker.owners.settings import PolicySettings
from broker.settings import Partnership
from policy.change_control import Refusal, Signers, refusals
from policy.load import LoadedPolicy, load_policy
from policy.sign import SUFFIX, SignatureUnfit, Statement, read_signatures

KEPT = "state/policies"
"""Where policies are kept that were in force."""


def refused(old: Policies, new: Policies, of: Partnership, now: datetime) -> list[Refusal]:
    """Why policies may not follow upon those in force; nothing, when all may."""
    return [one for name, loaded in new.items() for one in _refused(old.get(name), loaded, of, now)]


def refused_at_start(new: Policies, of: Partnership, now: datetime) -> list[Refusal]:
    """The same when the broker starts: where signatures are asked for, by what was in force last."""
    if of.settings.policies.signatures == "not_needed":
        return []
    return refused(last_in_force(of), new, of, now)


def _refused(
    old: LoadedPolicy | None, new: LoadedPolicy, of: Partnership, now: datetime
) -> Iterator[Refusal]:
    settings, name = of.settings.policies, new.policy.policy
    try:
        statements = signatures_beside(new.path)
    except SignatureUnfit as fault:
        yield Refusal(new.policy.source, "signature_unfit", f"{new.path.name}{SUFFIX}: {fault}")
        return
    yield from refusals(old, new, statements, signers_of(settings, name), now)


def fit_to_follow(catalogue: Catalogue, of: Partnership, now: datetime) -> tuple[Policies, list[Refusal]]:
    """The changed policies of a partnership that may follow upon those in force; and why others may not.

    Each is judged alone: one that is wrong keeps no other out.
    """
    refusals: list[Refusal] = []
    paths = sorted((of.directory / "policies").glob("*.yaml"))
    read = [one for path in paths if (one := _agreeing(path, catalogue, refusals))]
    named = Counter(one.policy.source for one in read)
    refusals += [
        _refusal(name, "twice", f"{many} policies are for it.") for name, many in named.items() if many > 1
    ]
    gone = catalogue.services.keys() - named.keys() - {one.source for one in refusals}
    refusals += [_refusal(name, "missing", "There is no policy for it any more.") for name in sorted(gone)]
    in_force = catalogue.policies()
    policies = {one.policy.source: one for one in read}
    refusals += refused(in_force, policies, of, now)
    out = {one.source for one in refusals}
    return {
        name: one for name, one in policies.items() if name not in out and one.digest != in_force[name].digest
    }, refusals


def _agreeing(path: Path, catalogue: Catalogue, refusals: list[Refusal]) -> LoadedPolicy | None:
    """A policy that agrees with its source and with the purposes in force; else None, with why in ``refusals``."""
    try:
        return _read(path, catalogue)
    except handwritten.Faults as found:
        whose = next((name for name, one in catalogue.policies().items() if one.path == path), None)
        # Without the line itself: a log is not for what somebody may have written there.
        refusals += [Refusal(whose, "unreadable", str(replace(one, excerpt=None))) for one in found.faults]
        return None


def _read(path: Path, catalogue: Catalogue) -> LoadedPolicy:
    """Raises handwritten.Faults."""
    loaded = load_policy(path)
    service = catalogue.services.get(loaded.policy.source)
    if service is None:
        sentence = "There was no such source when the broker started."
        raise handwritten.Faults([handwritten.fault_at(loaded.positions, ("source",), sentence)])
    if faults := [*against_source(loaded, service.source), *purposes_and_roles(loaded, catalogue.purposes)]:
        raise handwritten.Faults(faults)
    return loaded


def _refusal(source: str, code: str, sentence: str) -> Refusal:
    return Refusal(source, code, f"Source {source}: {sentence}")


def signers_of(settings: PolicySettings, policy: str) -> Signers | None:
    """Who may sign for a policy; None where signatures are not asked for."""
    if settings.signatures == "not_needed":
        return None
    named = settings.signers.get(policy)
    return Signers(named.owners, named.approvers) if named else Signers()


def signatures_beside(path: Path) -> tuple[Statement, ...]:
    """The statements in a policy's signature file; none, when there is no such file. Raises SignatureUnfit."""
    try:
        return read_signatures(path.with_name(path.name + SUFFIX).read_text(encoding="ascii"))
    except FileNotFoundError:
        return ()
    except (OSError, UnicodeDecodeError):
        raise SignatureUnfit("It cannot be read as text.") from None


def verdict(one: Statement, policy: LoadedPolicy, settings: PolicySettings) -> str:
    """What a signature beside a policy is worth, in words."""
    signers = signers_of(settings, policy.policy.policy)
    if not one.holds():
        return "does not hold"
    if not one.is_of(policy):
        return "is of another version of the file"
    if signers is not None and not signers.may(one):
        return "by nobody who may sign for this policy"
    return "holds"


EXPIRY_IS_TOLD = timedelta(days=30)
"""So long before a policy ends it is told: an agreement is not renewed in a day."""


def ending(policies: Iterable[LoadedPolicy], today: date) -> Iterator[str]:
    """A sentence for each policy that ends soon, or has ended."""
    for one in policies:
        name, until = one.policy.policy, one.policy.effective.until
        if until < today:
            yield f"policy {name}: it ended on {until}, and shares nothing. Renew it with a new version."
        elif until - today <= EXPIRY_IS_TOLD:
            yield f"policy {name}: it ends on {until}, and shares nothing from then on. Renew it in time."


def keep(loaded: LoadedPolicy, of: Partnership) -> None:
    """Keep a policy that comes into force, as it was read. One that has changed since is not what was read."""
    raw = loaded.path.read_bytes()
    if hashlib.sha256(raw).hexdigest() != loaded.digest:
        raise handwritten.Faults(
            [handwritten.Fault(loaded.path, 1, 1, "It changed while it was being read.")]
        )
    path = _kept_at(loaded, of)
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, raw)


def kept_versions(of: Partnership, policy: str) -> list[Path]:
    """The files of a policy that were in force, the oldest version first; of one version, the one kept first."""
    kept = of.path(f"{KEPT}/{policy}").glob("*.yaml")
    return sorted(kept, key=lambda path: (path.name.partition("-")[0], path.stat().st_mtime_ns))


def last_in_force(of: Partnership) -> Policies:
    """The policy of each source that was in force last, whatever it was called. Raises handwritten.Faults."""
    names = [folder.name for folder in of.path(KEPT).glob("*") if folder.is_dir()]
    last = [kept[-1] for name in names if (kept := kept_versions(of, name))]
    newest_last = sorted(last, key=lambda path: path.stat().st_mtime_ns)
    return {one.policy.source: one for one in map(load_policy, newest_last)}


def _kept_at(loaded: LoadedPolicy, of: Partnership) -> Path:
    return of.path(f"{KEPT}/{loaded.policy.policy}/{loaded.policy.version:06}-{loaded.digest[:16]}.yaml")


def write_whole(path: Path, raw: bytes) -> None:
    """Write a file so that nobody, and no power cut, ever meets half of it."""
    beside = path.with_name(f".{path.name}.part")
    with beside.open("wb") as file:
        file.write(raw)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
