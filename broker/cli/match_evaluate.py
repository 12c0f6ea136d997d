"""``broker match evaluate``: how good matching is, by labels."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

import handwritten
from broker.cli.printing import Exit, as_json, give_up, of_partnership, out, print_json, table
from broker.learning import labels as label_files
from broker.learning.evaluate import AtGrade, Evaluation, Tables
from broker.learning.evaluate import evaluate as evaluated
from broker.learning.labels import Label, LabelsUnfit
from broker.learning.page import page
from broker.learning.weights_file import kept_tables, weights_of
from broker.matching.weights import Weights

source_name = click.argument("source", metavar="SOURCE")
labels_file = click.option(
    "--labels",
    "path",
    type=click.Path(dir_okay=False, path_type=Path),
    help="A file of labels; state/labels/SOURCE.jsonl of the partnership when left out.",
)


@click.command(short_help="Precision, recall and calibration, by labels.")
@source_name
@of_partnership
@labels_file
@click.option(
    "--html", type=click.Path(dir_okay=False, path_type=Path), help="Write a report with a chart here."
)
@as_json
def evaluate(source: str, directory: Path, path: Path | None, html: Path | None, wants_json: bool) -> None:
    """Say how good the matching of SOURCE is, by what practitioners told of its matches.

    \b
    Precision: of the pairs told at a grade or better, how many were of one person.
    Recall: of the pairs of one person, how many were told at that grade or better.
    Calibration: of what was held for 90 % likely, were 90 % so?

    Labels are of matches that were shown. Whoever was missed is not among them: that is what
    `broker match misses` counts.
    """
    labels = read_labels(path or default_labels(directory, source))
    weights, tables = in_use(directory, source)
    try:
        found = evaluated(labels, weights, tables)
    except KeyError as unknown:
        give_up(f"The weights {unknown} that a label names are not kept in weights/{source}/.", Exit.USAGE)
    if html:
        html.write_text(page(source, weights.version, found), encoding="utf-8")
    if wants_json:
        print_json(asdict(found))
    else:
        _tell(source, weights.version, found)


def default_labels(directory: Path, source: str) -> Path:
    return directory / "state" / "labels" / f"{source}.jsonl"


def read_labels(path: Path) -> list[Label]:
    """The labels of a file; the command ends where there are none."""
    if not path.is_file():
        give_up(f"There is no file {path}. It comes about when practitioners tell of matches.", Exit.USAGE)
    try:
        found = label_files.read(path)
    except LabelsUnfit as fault:
        give_up(f"{path}: {fault}", Exit.WRONG)
    if not found:
        give_up(f"{path} has no label yet.", Exit.USAGE)
    return found


def in_use(directory: Path, source: str) -> tuple[Weights, Tables]:
    """The weights that a source is matched by, and those of every version."""
    try:
        return weights_of(directory, source), kept_tables(directory, source)
    except handwritten.Faults as found:
        give_up("\n".join(map(str, found.faults)), Exit.WRONG)


def _tell(source: str, version: str, found: Evaluation) -> None:
    title = f"{source}, weights {version}: {found.pairs} labelled pairs, {found.same} of one person"
    table(title, ["Grade or better", "Pairs", "Precision", "Recall"], [_row(one) for one in found.grades])
    tenths = [[f"{one.told:.2f}", f"{one.true:.2f}", str(one.pairs)] for one in found.tenths]
    table("Calibration", ["Held for likely", "Was so", "Pairs"], tenths)
    out.print(f"Log loss {found.log_loss:.4f}, Brier {found.brier:.4f}; {found.wrong_shown} wrong shown.")


def _row(one: AtGrade) -> list[str]:
    return [one.grade.value, str(one.pairs), _share(one.precision), _share(one.recall)]


def _share(value: float | None) -> str:
    return "none" if value is None else f"{value:.3f}"
