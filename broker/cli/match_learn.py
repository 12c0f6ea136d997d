"""``broker match learn``, ``rollback`` and ``weights``: versions of a source's weights."""

from __future__ import annotations

import math
from pathlib import Path

import click

import handwritten
from broker.cli.match_evaluate import (
    default_labels,
    in_use,
    labels_file,
    read_labels,
    source_name,
)
from broker.cli.printing import Exit, as_json, give_up, of_partnership, out, print_json, table
from broker.learning.learn import FEWEST_CONFIRMED, Lesson
from broker.learning.learn import learn as learnt
from broker.learning.weights_file import WeightsFile, next_version, put_in_use, roll_back, versions
from broker.learning.weights_file import in_use as file_in_use


@click.command(short_help="Make a version of a source's weights from labels, if it is better.")
@source_name
@of_partnership
@labels_file
@click.option("--dry-run", is_flag=True, help="Say what would change, and change nothing.")
@as_json
def learn(source: str, directory: Path, path: Path | None, dry_run: bool, wants_json: bool) -> None:
    """Learn how often the records of one person differ in SOURCE, from confirmed pairs alone.

    \b
    No weight moves by more than one bit. A third of the labels is held out; a version that does not do
    better on them, or would show more wrong people, is not made. It is used from the next start, and
    `broker match rollback SOURCE` takes it back.
    """
    labels = read_labels(path or default_labels(directory, source))
    parent, tables = in_use(directory, source)
    try:
        lesson = learnt(labels, parent, next_version(directory, source), tables)
    except KeyError as unknown:
        give_up(f"The weights {unknown} that a label names are not kept in weights/{source}/.", Exit.USAGE)
    made = None if lesson.refused or dry_run else put_in_use(directory, source, lesson, parent)
    if wants_json:
        print_json(_as_json(lesson, made))
    else:
        _tell(lesson, made)
    raise SystemExit(Exit.WRONG if lesson.refused else Exit.WELL)


def _as_json(lesson: Lesson, made: Path | None) -> dict[str, object]:
    moved = [
        {"table": one.table, "level": one.level, "before": one.before, "after": one.after}
        for one in lesson.moved
    ]
    return {
        "version": lesson.weights.version,
        "confirmed": lesson.confirmed,
        "refused": lesson.refused,
        "moved": moved,
        "log_loss_before": lesson.before.log_loss if lesson.before else None,
        "log_loss_after": lesson.after.log_loss if lesson.after else None,
        "file": str(made) if made else None,
    }


def _tell(lesson: Lesson, made: Path | None) -> None:
    rows = [
        [
            one.table,
            one.level,
            f"{one.before:.4f}",
            f"{one.after:.4f}",
            f"{math.log2(one.after / one.before):+.2f}",
        ]
        for one in lesson.moved
    ]
    title = f"{lesson.weights.version}, from {lesson.confirmed} confirmed pairs"
    table(title, ["Identifier", "Level", "m before", "m after", "Bits"], rows)
    if lesson.before and lesson.after:
        out.print(
            f"On {lesson.after.pairs} held-out labels: log loss {lesson.before.log_loss:.4f} before,"
            f" {lesson.after.log_loss:.4f} after; wrong shown {lesson.before.wrong_shown} and"
            f" {lesson.after.wrong_shown}."
        )
    if lesson.refused:
        out.print(f"Not made. {lesson.refused}")
    elif made:
        out.print(f"Written to {made}. It is used from the next start of the broker.")


@click.command(short_help="Go back to the version before.")
@source_name
@of_partnership
def rollback(source: str, directory: Path) -> None:
    """Use the parent of the weights that SOURCE is matched by. No version is lost: it stays in weights/SOURCE/."""
    try:
        now = roll_back(directory, source)
    except handwritten.Faults as found:
        give_up("\n".join(map(str, found.faults)), Exit.WRONG)
    if now is None:
        give_up(f"{source} is matched by the default weights: there is nothing to go back from.", Exit.USAGE)
    out.print(f"{source} is matched by {now} from the next start of the broker.")


@click.command(short_help="List the versions of a source's weights.")
@source_name
@of_partnership
@as_json
def weights(source: str, directory: Path, wants_json: bool) -> None:
    """List the versions of SOURCE's weights, and which one is in use. There are none until something is learnt.

    Learning takes at least 200 confirmed pairs.
    """
    try:
        kept, used = versions(directory, source), file_in_use(directory, source)
    except handwritten.Faults as found:
        give_up("\n".join(map(str, found.faults)), Exit.WRONG)
    version = used.version if used else None
    if wants_json:
        print_json([{**one.model_dump(mode="json"), "in_use": one.version == version} for one in kept])
    elif kept:
        headings = ["Version", "Parent", "Learnt from", "Log loss before", "after", "In use"]
        table(source, headings, [_row(one, version) for one in kept])
    else:
        out.print(
            f"{source} is matched by the default weights. Learning takes {FEWEST_CONFIRMED} confirmed pairs."
        )


def _row(one: WeightsFile, used: str | None) -> list[str]:
    held = one.held_out
    losses = [f"{held.log_loss_before:.4f}", f"{held.log_loss_after:.4f}"]
    return [one.version, one.parent, str(one.learnt_from), *losses, "yes" if one.version == used else ""]
