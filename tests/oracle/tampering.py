"""Ways to tamper with a log: in its file through SQL, in its published files, in a proof. Drawn at random.

An edit of the log is left as it is, or its leaf hashes are made to fit, or the whole tree and the index are; all
that whoever has the disk can do. Whoever has the signing key too can sign what they made.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import apsw

from broker.audit.entry import listing
from broker.audit.keys import Keys
from broker.audit.stores.contract import kept_of
from broker.audit.tiles import tiles
from broker.audit.tree import Frontier, leaf_hash
from broker.audit.writer import note_of
from tests.unit.audit.audit_samples import ORIGIN


@dataclass(frozen=True, slots=True)
class Base:
    """A sound log: its file, its published files, proofs of its entries; and what was signed at other times."""

    directory: Path
    size: int
    note: str
    foreign: tuple[str, ...]  # checkpoints of another key, and of another log
    keys: Keys = field(repr=False)

    @property
    def tiles(self) -> Path:
        return self.directory / "tiles"

    def proof(self, index: int) -> str:
        return (self.directory / "proofs" / str(index)).read_text(encoding="utf-8")

    def entry(self, index: int) -> bytes:
        return (self.directory / "entries" / str(index)).read_bytes()


def flipped(raw: bytes, chance: random.Random) -> bytes:
    """One bit, anywhere."""
    changed = bytearray(raw)
    changed[chance.randrange(len(raw))] ^= 1 << chance.randrange(8)
    return bytes(changed)


# --- the log's file ---

Edit = Callable[[apsw.Connection, Base, random.Random], None]


def _raw(db: apsw.Connection, index: int) -> bytes:
    found: bytes = db.execute("SELECT raw FROM entry WHERE idx = ?", (index,)).get
    return found


def _put(db: apsw.Connection, index: int, raw: bytes) -> None:
    db.execute("UPDATE entry SET raw = ? WHERE idx = ?", (raw, index))


def _two(base: Base, chance: random.Random) -> tuple[int, int]:
    one, other = chance.sample(range(base.size), 2)
    return one, other


def flip_a_bit(db: apsw.Connection, base: Base, chance: random.Random) -> None:
    at = chance.randrange(base.size)
    _put(db, at, flipped(_raw(db, at), chance))


def cut_an_entry_short(db: apsw.Connection, base: Base, chance: random.Random) -> None:
    at = chance.randrange(base.size)
    raw = _raw(db, at)
    _put(db, at, raw[: chance.randrange(len(raw))])


def lengthen_an_entry(db: apsw.Connection, base: Base, chance: random.Random) -> None:
    at = chance.randrange(base.size)
    _put(db, at, _raw(db, at) + chance.randbytes(chance.randint(1, 40)))


def change_a_time(db: apsw.Connection, base: Base, chance: random.Random) -> None:
    at = chance.randrange(base.size)
    _put(db, at, _raw(db, at).replace(b"09:00:00", b"%02d:00:00" % chance.randint(10, 23), 1))


def delete_an_entry(db: apsw.Connection, base: Base, chance: random.Random) -> None:
    db.execute("DELETE FROM entry WHERE idx = ?", (chance.randrange(base.size),))


def delete_an_entry_and_close_the_gap(db: apsw.Connection, base: Base, chance: random.Random) -> None:
    at = chance.randrange(base.size)
    db.execute("DELETE FROM entry WHERE idx = ?", (at,))
    db.execute("UPDATE entry SET idx = -idx WHERE idx > ?", (at,))
    db.execute("UPDATE entry SET idx = -idx - 1 WHERE idx < 0")


def cut_off_the_end(db: apsw.Connection, base: Base, chance: random.Random) -> None:
    db.execute("DELETE FROM entry WHERE idx >= ?", (chance.randrange(base.size),))


def swap_two(db: apsw.Connection, base: Base, chance: random.Random) -> None:
    one, other = _two(base, chance)
    first, second = _raw(db, one), _raw(db, other)
    _put(db, one, second)
    _put(db, other, first)


def swap_two_with_their_hashes(db: apsw.Connection, base: Base, chance: random.Random) -> None:
    one, other = _two(base, chance)
    for old, new in ((one, -1), (other, one), (-1, other)):
        db.execute("UPDATE entry SET idx = ? WHERE idx = ?", (new, old))


def write_one_over_another(db: apsw.Connection, base: Base, chance: random.Random) -> None:
    one, other = _two(base, chance)
    _put(db, one, _raw(db, other))


def put_one_in_twice(db: apsw.Connection, base: Base, chance: random.Random) -> None:
    """Not the last one: a copy behind it, signed, is what any log says that grew."""
    at = chance.randrange(base.size - 1)
    db.execute("UPDATE entry SET idx = -idx - 1 WHERE idx > ?", (at,))
    db.execute("INSERT INTO entry SELECT idx + 1, leaf, raw FROM entry WHERE idx = ?", (at,))
    db.execute("UPDATE entry SET idx = -idx WHERE idx < 0")


def move_parts(db: apsw.Connection, base: Base, chance: random.Random) -> None:
    """The encrypted parts of two entries change places, under clear facts that are not theirs."""
    found = db.execute("SELECT idx FROM entry WHERE length(raw) > 1000")  # the others have none
    one, other = chance.sample([int(index) for (index,) in found], 2)
    (first, *ours), (second, *theirs) = _raw(db, one).split(b"\n"), _raw(db, other).split(b"\n")
    _put(db, one, b"\n".join([first, *theirs]))
    _put(db, other, b"\n".join([second, *ours]))


def flip_a_bit_of_a_hash(db: apsw.Connection, base: Base, chance: random.Random) -> None:
    at = chance.randrange(base.size)
    leaf = db.execute("SELECT leaf FROM entry WHERE idx = ?", (at,)).get
    db.execute("UPDATE entry SET leaf = ? WHERE idx = ?", (flipped(leaf, chance), at))


def flip_a_bit_of_a_subtree(db: apsw.Connection, base: Base, chance: random.Random) -> None:
    at = chance.randrange(base.size >> 8)
    root = db.execute("SELECT root FROM subtree WHERE height = 8 AND number = ?", (at,)).get
    db.execute("UPDATE subtree SET root = ? WHERE height = 8 AND number = ?", (flipped(root, chance), at))


def change_the_checkpoint(db: apsw.Connection, base: Base, chance: random.Random) -> None:
    changed = flipped(base.note.encode(), chance).decode("utf-8", "replace")
    db.execute("UPDATE checkpoint SET note = ?", (changed,))


def put_anothers_checkpoint(db: apsw.Connection, base: Base, chance: random.Random) -> None:
    db.execute("UPDATE checkpoint SET note = ?", (chance.choice(base.foreign),))


def say_another_size(db: apsw.Connection, base: Base, chance: random.Random) -> None:
    size = chance.choice([base.size - 1, base.size + 1, chance.randrange(base.size)])
    db.execute("UPDATE checkpoint SET note = replace(note, ?, ?)", (f"\n{base.size}\n", f"\n{size}\n"))


KEEPS_ITS_FORM: tuple[Edit, ...] = (
    change_a_time,
    delete_an_entry_and_close_the_gap,
    cut_off_the_end,
    swap_two,
    write_one_over_another,
    put_one_in_twice,
    move_parts,
)
CONTENT: tuple[Edit, ...] = (*KEEPS_ITS_FORM, flip_a_bit, cut_an_entry_short, lengthen_an_entry)
AS_IT_IS: tuple[Edit, ...] = (
    delete_an_entry,
    swap_two_with_their_hashes,
    flip_a_bit_of_a_hash,
    flip_a_bit_of_a_subtree,
    change_the_checkpoint,
    put_anothers_checkpoint,
    say_another_size,
)


def hide_a_tag(db: apsw.Connection, base: Base, chance: random.Random) -> None:
    tag, index = chance.choice(list(db.execute("SELECT tag, idx FROM tag")))
    db.execute("DELETE FROM tag WHERE tag = ? AND idx = ?", (tag, index))


def add_a_tag(db: apsw.Connection, base: Base, chance: random.Random) -> None:
    db.execute("INSERT INTO tag VALUES (?, ?)", (chance.randbytes(16), chance.randrange(base.size)))


def hide_an_entry_from_its_query(db: apsw.Connection, base: Base, chance: random.Random) -> None:
    db.execute(
        "DELETE FROM query WHERE idx = (SELECT max(idx) FROM query WHERE idx <= ?)",
        (chance.randrange(base.size),),
    )


def give_an_entry_to_another_query(db: apsw.Connection, base: Base, chance: random.Random) -> None:
    db.execute(
        "UPDATE query SET query_id = query_id || 'x' WHERE idx = (SELECT max(idx) FROM query WHERE idx <= ?)",
        (chance.randrange(base.size),),
    )


INDEX: tuple[Edit, ...] = (
    hide_a_tag,
    add_a_tag,
    hide_an_entry_from_its_query,
    give_an_entry_to_another_query,
)


def fit_leaves(db: apsw.Connection) -> None:
    """Make the leaf hashes fit the entries."""
    for index, raw in list(db.execute("SELECT idx, raw FROM entry")):
        db.execute("UPDATE entry SET leaf = ? WHERE idx = ?", (leaf_hash(raw), index))


def fit_all(db: apsw.Connection) -> Frontier:
    """Make the leaf hashes, the kept subtrees and the index fit the entries."""
    fit_leaves(db)
    for table in ("subtree", "tag", "query"):
        db.execute(f"DELETE FROM {table}")  # noqa: S608 -- the names above
    tree = Frontier()
    for index, leaf, raw in list(db.execute("SELECT idx, leaf, raw FROM entry ORDER BY idx")):
        filled = tree.filled_by(leaf)
        tree = tree.with_filled(filled)
        db.executemany("INSERT INTO subtree VALUES (?, ?, ?)", kept_of(index, filled))
        try:
            query_id, kind, at, tags = listing(raw)
            db.execute("INSERT INTO query VALUES (?, ?, ?, ?)", (index, query_id, kind, at))
            db.executemany("INSERT OR IGNORE INTO tag VALUES (?, ?)", [(tag, index) for tag in tags])
        except (ValueError, KeyError, TypeError, apsw.Error):
            continue  # no entry any more
    return tree


def sign(db: apsw.Connection, keys: Keys) -> None:
    """Make all fit, and sign it with the real key."""
    db.execute("UPDATE checkpoint SET note = ?", (note_of(fit_all(db), keys, ORIGIN),))


# --- its published files ---

FileEdit = Callable[[Path, Base, random.Random], None]


def _any(base: Base, chance: random.Random) -> str:
    return chance.choice(["checkpoint", *(one.path for one in tiles(base.size))])


def _rewrite(path: Path, content: bytes) -> None:
    """Into a new file: the old one is shared with the sound log."""
    path.unlink()
    path.write_bytes(content)


def flip_a_bit_of_a_file(copy: Path, base: Base, chance: random.Random) -> None:
    path = copy / _any(base, chance)
    _rewrite(path, flipped(path.read_bytes(), chance))


def cut_a_file_short(copy: Path, base: Base, chance: random.Random) -> None:
    path = copy / _any(base, chance)
    raw = path.read_bytes()
    _rewrite(path, raw[: chance.randrange(len(raw))])


def lengthen_a_file(copy: Path, base: Base, chance: random.Random) -> None:
    path = copy / _any(base, chance)
    _rewrite(path, path.read_bytes() + chance.randbytes(chance.randint(1, 64)))


def remove_a_file(copy: Path, base: Base, chance: random.Random) -> None:
    (copy / _any(base, chance)).unlink()


def put_one_file_for_another(copy: Path, base: Base, chance: random.Random) -> None:
    one, other = chance.sample(["checkpoint", *(one.path for one in tiles(base.size))], 2)
    _rewrite(copy / one, (copy / other).read_bytes())


def swap_two_hashes(copy: Path, base: Base, chance: random.Random) -> None:
    path = copy / chance.choice(
        [one.path for one in tiles(base.size) if one.level is not None and one.width > 1]
    )
    raw = path.read_bytes()
    hashes = [raw[at : at + 32] for at in range(0, len(raw), 32)]
    one, other = chance.sample(range(len(hashes)), 2)
    hashes[one], hashes[other] = hashes[other], hashes[one]
    _rewrite(path, b"".join(hashes))


def edit_a_bundle(copy: Path, base: Base, chance: random.Random) -> None:
    """Entries are deleted, doubled, swapped or flipped, and now and then the leaf hashes fit what came of it."""
    tile = chance.choice([one for one in tiles(base.size) if one.level is None])
    entries = [base.entry(index) for index in range(tile.first, tile.first + tile.width)]
    one, other = chance.sample(range(len(entries)), 2)
    match chance.randrange(4):
        case 0:
            del entries[one]
        case 1:
            entries.insert(one, entries[other])
        case 2:
            entries[one], entries[other] = entries[other], entries[one]
        case _:
            entries[one] = flipped(entries[one], chance)
    _rewrite(copy / tile.path, b"".join(len(raw).to_bytes(2, "big") + raw for raw in entries))
    if chance.random() < 0.5:
        leaves = copy / tile.path.replace("entries", "0")
        _rewrite(leaves, b"".join(map(leaf_hash, entries)))


def put_anothers_checkpoint_there(copy: Path, base: Base, chance: random.Random) -> None:
    _rewrite(copy / "checkpoint", chance.choice(base.foreign).encode())


FILES: tuple[FileEdit, ...] = (
    flip_a_bit_of_a_file,
    cut_a_file_short,
    lengthen_a_file,
    remove_a_file,
    put_one_file_for_another,
    swap_two_hashes,
    edit_a_bundle,
    put_anothers_checkpoint_there,
)


def copied(base: Base, to: Path) -> Path:
    """The published files once more, sharing what is on the disk."""
    shutil.copytree(base.tiles, to, copy_function=lambda old, new: Path(new).hardlink_to(old))
    return to


# --- a proof, and the entry that it is about ---


@dataclass(frozen=True, slots=True)
class Proof:
    text: bytes
    entry: bytes


ProofEdit = Callable[[Proof, Base, random.Random], Proof]


def flip_a_bit_of_the_proof(proof: Proof, base: Base, chance: random.Random) -> Proof:
    return Proof(flipped(proof.text, chance), proof.entry)


def flip_a_bit_of_the_entry(proof: Proof, base: Base, chance: random.Random) -> Proof:
    return Proof(proof.text, flipped(proof.entry, chance))


def cut_the_entry_short(proof: Proof, base: Base, chance: random.Random) -> Proof:
    return Proof(proof.text, proof.entry[: chance.randrange(len(proof.entry))])


def cut_the_proof_short(proof: Proof, base: Base, chance: random.Random) -> Proof:
    return Proof(proof.text[: chance.randrange(len(proof.text))], proof.entry)


def take_another_entry(proof: Proof, base: Base, chance: random.Random) -> Proof:
    others = [raw for raw in map(base.entry, chance.sample(range(base.size), 2)) if raw != proof.entry]
    return Proof(proof.text, others[0])


_DASH = "—".encode()


def move_a_line(proof: Proof, base: Base, chance: random.Random) -> Proof:
    lines = proof.text.split(b"\n")
    changed = list(lines)
    while changed == lines:
        one, other = chance.sample(range(len(lines)), 2)
        match chance.randrange(3):
            case 0:
                changed[one], changed[other] = changed[other], changed[one]
            case 1 if not lines[other].startswith(_DASH):  # a signature that stands twice signs the same
                changed.insert(one, lines[other])
            case _:
                del changed[one]
    return Proof(b"\n".join(changed), proof.entry)


def say_another_index(proof: Proof, base: Base, chance: random.Random) -> Proof:
    head, _, rest = proof.text.partition(b"\nindex ")
    index, _, rest = rest.partition(b"\n")
    other = chance.choice([one for one in chance.sample(range(base.size), 2) if one != int(index)])
    return Proof(b"%s\nindex %d\n%s" % (head, other, rest), proof.entry)


def take_anothers_checkpoint(proof: Proof, base: Base, chance: random.Random) -> Proof:
    head, _, _ = proof.text.partition(b"\n\n")
    return Proof(head + b"\n\n" + chance.choice(base.foreign).encode(), proof.entry)


PROOFS: tuple[ProofEdit, ...] = (
    flip_a_bit_of_the_proof,
    flip_a_bit_of_the_entry,
    cut_the_entry_short,
    cut_the_proof_short,
    take_another_entry,
    move_a_line,
    say_another_index,
    take_anothers_checkpoint,
)

FINISHES: Mapping[str, Callable[[apsw.Connection], object]] = {
    "as it is": lambda db: None,
    "leaves fit": fit_leaves,
    "all fits": fit_all,
}
