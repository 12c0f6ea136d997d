"""``broker audit checkpoint``: the log's signed head, for somebody else to keep."""

from __future__ import annotations

import time
from datetime import datetime
from pathlib import Path

import click

from broker.activation import write_whole
from broker.audit.checkpoint import Checkpoint, NotACheckpoint, opened
from broker.audit.mailed import mail_text
from broker.audit.reader import AuditReader
from broker.cli.policy_files import settings_in
from broker.cli.printing import Exit, as_json, give_up, of_partnership, out, print_json
from broker.cli.recording import Reading, log_open, recorded
from broker.surroundings import LONDON

_SIGNED_WITHIN, _LOOKS = 3.0, 0.1


@click.command("checkpoint", short_help="Export the log's signed checkpoint, for somebody else to keep.")
@of_partnership
@click.option(
    "--out", "file", type=click.Path(dir_okay=False, path_type=Path), help="Write it to this new file."
)
@click.option("--email", "as_mail", is_flag=True, help="Write it as the text of a mail, its subject first.")
@as_json
def checkpoint_command(directory: Path, file: Path | None, as_mail: bool, wants_json: bool) -> None:
    """Export the log's latest signed checkpoint, with what its witnesses cosigned.

    \b
    Whoever keeps it elsewhere can show later that no entry up to then was changed or removed:
      broker audit verify --against FILE

    It names nobody. Beside it stand the log's origin and verifier key, which a witness needs. A log that has no
    witness is held by this alone: send it somewhere every week.

    \b
      broker audit checkpoint --out 2026-06-01.checkpoint
      broker audit checkpoint --email --out mail.txt
    """
    if file is not None and file.exists():
        give_up(f"{file} is there already.", Exit.USAGE)
    of = settings_in(directory)
    before = recorded(
        of, Reading("audit checkpoint").event()
    ).index  # which begins a log, where there is none yet
    with log_open(of) as reader:
        note, verifier = _signed(reader, before), reader.verifier
        found = opened(note, verifier)
    name, now = of.settings.partnership, datetime.now(LONDON)
    text = mail_text(found, note, verifier, name, now) if as_mail else note
    if file is not None:
        write_whole(file, text.encode())
    if wants_json:
        print_json(
            {
                "origin": found.origin,
                "size": found.size,
                "root": found.root.hex(),
                "key": verifier.text(),
                "text": text,
            }
        )
        return
    _told(found, text, file, as_mail=as_mail, key=verifier.text())


def _told(found: Checkpoint, text: str, file: Path | None, *, as_mail: bool, key: str) -> None:
    if file is None:
        out.print(text, markup=False, soft_wrap=True, end="")
    else:
        out.print(f"The checkpoint of {found.size} entries is in {file}.", markup=False, soft_wrap=True)
    if not as_mail:
        out.print(f"Origin        {found.origin}", markup=False, soft_wrap=True)
        out.print(f"Verifier key  {key}", markup=False, soft_wrap=True)


def _signed(reader: AuditReader, before: int) -> str:
    """The checkpoint, once it covers all that was there before. Ends the command when there is none that holds."""
    until = time.monotonic() + _SIGNED_WITHIN
    try:
        while (
            opened(note := reader.witnessed(before), reader.verifier).size < before
            and time.monotonic() < until
        ):
            time.sleep(_LOOKS)
    except NotACheckpoint:
        give_up("The log's checkpoint does not hold. Find out more with: broker audit verify", Exit.WRONG)
    return note
