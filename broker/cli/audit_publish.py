"""``broker audit publish``: the log as files, for whoever verifies it with tools of their own."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path

import click

from broker.audit.checkpoint import NotACheckpoint
from broker.audit.publishing import NotPublished, publish
from broker.audit.reader import AuditReader
from broker.audit.stores.contract import StoreFault
from broker.cli.policy_files import settings_in
from broker.cli.printing import Exit, as_json, give_up, of_partnership, out, print_json
from broker.cli.recording import Reading, log_open, recorded

_SIGNED_WITHIN, _LOOKS = 3.0, 0.1


@click.command("publish", short_help="Write the log as files that anyone's tools verify.")
@click.argument("to", type=click.Path(file_okay=False, path_type=Path), metavar="DIRECTORY")
@of_partnership
@as_json
def publish_command(to: Path, directory: Path, wants_json: bool) -> None:
    """Write the log into DIRECTORY as files of C2SP tlog-tiles, or bring what stands there up to date.

    Give it to an auditor, or serve it to them and to witnesses as static files: what is personal in the entries
    stays encrypted. A broker does the same at each checkpoint, where broker.yaml says audit: tiles: DIRECTORY.

    \b
      broker audit publish /srv/audit-log
      python3 verify_audit_log.py tiles /srv/audit-log --key "$VERIFIER_KEY"
    """
    of = settings_in(directory)
    receipt = recorded(of, Reading("audit publish", asked={"directory": to}).event())
    with log_open(of) as reader:
        _signed(reader, receipt.index)
        try:
            published = publish(reader.store, reader.verifier, to)
        except NotPublished as fault:
            give_up(str(fault), Exit.WRONG)
        except (OSError, StoreFault) as fault:
            give_up(f"{to} cannot be written: {fault}.", Exit.UNREACHABLE)
        verifier = reader.verifier.text()
    if wants_json:
        print_json({"entries": published.entries, "files_written": published.files, "verifier": verifier})
        return
    out.print(
        f"{published.entries} entries are published in {to}; {published.files} files were new.",
        markup=False,
        soft_wrap=True,
    )
    out.print(f"Verifier key  {verifier}", markup=False, soft_wrap=True)


def _signed(reader: AuditReader, index: int) -> None:
    """Wait until a checkpoint is signed over an entry; a broker that writes does so within a second."""
    until = time.monotonic() + _SIGNED_WITHIN
    with suppress(NotACheckpoint, KeyError):  # publishing says what is wrong with it
        while reader.prove(index) is None and time.monotonic() < until:
            time.sleep(_LOOKS)
