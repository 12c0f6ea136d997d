"""``broker audit prove``: that one entry is in the log, for whoever neither has it nor trusts it."""

from __future__ import annotations

import base64
import time
from pathlib import Path

import click

from broker.activation import write_whole
from broker.audit.checkpoint import NotACheckpoint
from broker.audit.reader import AuditReader
from broker.audit.tree import leaf_hash
from broker.cli.policy_files import settings_in
from broker.cli.printing import Exit, as_json, give_up, of_partnership, out, print_json
from broker.cli.recording import Reading, log_read

_SIGNED_WITHIN, _LOOKS = 3.0, 0.1


@click.command("prove", short_help="Write the proof that one entry is in the log.")
@click.argument("index", type=click.IntRange(0), metavar="ENTRY")
@of_partnership
@click.option(
    "--out", "file", type=click.Path(dir_okay=False, path_type=Path), help="Write the proof to this file."
)
@click.option(
    "--entry",
    "entry_file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the entry's bytes to this file: what is personal in it stays encrypted.",
)
@as_json
def prove_command(
    index: int, directory: Path, file: Path | None, entry_file: Path | None, wants_json: bool
) -> None:
    """Prove that the log has ENTRY, by its number.

    The proof is a text of C2SP tlog-proof. With the log's verifier key, and the entry's bytes or the leaf hash of
    its receipt, whoever holds it checks it offline, without the log and without this program.

    \b
      broker audit prove 17 --out 17.proof --entry 17.entry
    """
    for there in (file, entry_file):
        if there is not None and there.exists():
            give_up(f"{there} is there already.", Exit.USAGE)
    with log_read(settings_in(directory), Reading("audit prove", asked={"entry": index})) as (reader, size):
        if index >= size:
            give_up(f"The log has {size} entries: the last is {size - 1}.", Exit.USAGE)
        proof, verifier = _proof(reader, index), reader.verifier.text()
        raw = next(raw for _, _, raw in reader.store.rows(index, index + 1))
    for path, content in ((file, proof.encode()), (entry_file, raw)):
        if path is not None:
            write_whole(path, content)
    leaf = base64.b64encode(leaf_hash(raw)).decode()
    if wants_json:
        entry = base64.b64encode(raw).decode()
        print_json({"entry": index, "leaf_hash": leaf, "verifier": verifier, "proof": proof, "bytes": entry})
        return
    if file is None:
        out.print(proof, markup=False, soft_wrap=True, end="")
    for path, what in ((file, "The proof"), (entry_file, "The entry")):
        if path is not None:
            out.print(f"{what} is in {path}.", markup=False, soft_wrap=True)
    out.print(f"Leaf hash     {leaf}", markup=False, soft_wrap=True)
    out.print(f"Verifier key  {verifier}", markup=False, soft_wrap=True)


def _proof(reader: AuditReader, index: int) -> str:
    """The proof, once a checkpoint over the entry is signed. Ends the command when there is none that holds."""
    until = time.monotonic() + _SIGNED_WITHIN
    try:
        while (found := reader.prove(index)) is None and time.monotonic() < until:
            time.sleep(_LOOKS)
    except (NotACheckpoint, KeyError):
        give_up("The log's checkpoint does not hold. Find out more with: broker audit verify", Exit.WRONG)
    if found is None:
        give_up(f"No checkpoint over entry {index} is signed yet. Try again.", Exit.UNREACHABLE)
    return found
