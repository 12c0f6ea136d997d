#!/usr/bin/env python3
"""Verify a Family Context audit log, or a proof from one, on any machine with Python 3.9 or newer.

This one file needs nothing else: no package, no network, no key that opens anything. Copy it, read it, run it.

    python3 verify_audit_log.py tiles DIRECTORY --key KEY
        every entry, every hash and the signature of a log that was published as files

    python3 verify_audit_log.py tiles DIRECTORY --key KEY --against OLDER
        the same; and that the log still begins with what it was when the checkpoint OLDER was signed

    python3 verify_audit_log.py proof 17.proof --entry 17.entry --key KEY
        that one entry is in the log, without the log

    python3 verify_audit_log.py checkpoint FILE --key KEY --witness KEY
        who signed a checkpoint, and when witnesses saw it

KEY is the log's verifier key, a text of the form name+id+key, or a file that holds it. Take it from somebody you
trust and not from where the log came from: whoever could change the log could change a key beside it. A log that
was rewritten and then signed again with the real key verifies alone. It does not verify against a checkpoint that
you, or a witness, kept from before: so keep the file "checkpoint" each time.

It ends with 0 when everything verifies, with 1 when something does not, and with 2 when it was called wrongly or
cannot read a file that you named. Findings are on standard output, one line each; progress is on standard error.

What it follows: RFC 6962 (the tree), RFC 8032 (Ed25519), and signed-note, tlog-checkpoint, tlog-tiles, tlog-proof
and tlog-cosignature of c2sp.org.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import hashlib
import json
import re
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

VERIFIED, DOES_NOT_VERIFY, CALLED_WRONGLY = 0, 1, 2


class Fault(Exception):
    """Something does not verify; the sentence says what."""


class Unusable(Exception):
    """What was named on the command line can't be used; the sentence says why."""


# --- Ed25519: RFC 8032, section 5.1 ---

KEY_BYTES, SIGNATURE_BYTES = 32, 64
PRIME = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
CURVE = -121665 * pow(121666, PRIME - 2, PRIME) % PRIME
ROOT_OF_MINUS_ONE = pow(2, (PRIME - 1) // 4, PRIME)

# A point (x, y) as (X, Y, Z, T): x = X/Z, y = Y/Z, xy = T/Z.
Point = tuple[int, int, int, int]
NEUTRAL: Point = (0, 1, 1, 0)


def added(one: Point, other: Point) -> Point:
    """The sum of two points (section 5.1.4)."""
    a = (one[1] - one[0]) * (other[1] - other[0]) % PRIME
    b = (one[1] + one[0]) * (other[1] + other[0]) % PRIME
    c = 2 * one[3] * other[3] * CURVE % PRIME
    d = 2 * one[2] * other[2] % PRIME
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % PRIME, g * h % PRIME, f * g % PRIME, e * h % PRIME)


def doubled(one: Point) -> Point:
    """Twice a point (section 5.1.4)."""
    a, b, c = one[0] * one[0] % PRIME, one[1] * one[1] % PRIME, 2 * one[2] * one[2] % PRIME
    h = a + b
    e, g = h - (one[0] + one[1]) * (one[0] + one[1]) % PRIME, a - b
    f = c + g
    return (e * f % PRIME, g * h % PRIME, f * g % PRIME, e * h % PRIME)


def decoded(encoded: bytes) -> Point | None:
    """The point that 32 bytes stand for (section 5.1.3); None for those that stand for none."""
    y = int.from_bytes(encoded, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    if y >= PRIME:
        return None
    square = (y * y - 1) * pow(CURVE * y * y + 1, PRIME - 2, PRIME) % PRIME
    x = pow(square, (PRIME + 3) // 8, PRIME)
    if x * x % PRIME != square:
        x = x * ROOT_OF_MINUS_ONE % PRIME
    if x * x % PRIME != square or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = PRIME - x
    return (x, y, 1, x * y % PRIME)


def encoded(point: Point) -> bytes:
    """The 32 bytes of a point (section 5.1.2)."""
    inverse = pow(point[2], PRIME - 2, PRIME)
    x, y = point[0] * inverse % PRIME, point[1] * inverse % PRIME
    return (y | (x & 1) << 255).to_bytes(32, "little")


BASE = decoded((4 * pow(5, PRIME - 2, PRIME) % PRIME).to_bytes(32, "little"))


def signature_holds(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether a key (32 bytes) made this signature (64 bytes) of a message (section 5.1.7, without cofactor)."""
    key = decoded(public) if len(public) == KEY_BYTES else None
    if key is None or BASE is None or len(signature) != SIGNATURE_BYTES:
        return False
    response = int.from_bytes(signature[32:], "little")
    if response >= ORDER:
        return False
    digest = hashlib.sha512(signature[:32] + public + message).digest()
    challenge = int.from_bytes(digest, "little") % ORDER
    minus_key = (PRIME - key[0], key[1], key[2], PRIME - key[3])
    # response * BASE - challenge * key, both multiplications in one pass over the bits
    beside = (None, BASE, minus_key, added(BASE, minus_key))
    total = NEUTRAL
    for bit in range(252, -1, -1):
        total = doubled(total)
        step = beside[(response >> bit & 1) | (challenge >> bit & 1) << 1]
        if step is not None:
            total = added(total, step)
    return encoded(total) == signature[:32]


# --- Notes: c2sp.org/signed-note, tlog-checkpoint, tlog-cosignature ---

SIGNS_NOTES, COSIGNS = 1, 4
HASH_BYTES, ID_BYTES, TIME_BYTES, LINES = 32, 4, 8, 3
SIGNATURE_LINE = re.compile("— ([^\\s+]+) ([A-Za-z0-9+/=]+)")
NUMBER = re.compile("0|[1-9][0-9]{0,18}")
LONGEST_NOTE = 1_000_000
LATEST = 2**63


class Key(NamedTuple):
    """A verifier key: who signs, under which id (4 bytes), in which way, and with which public key (32 bytes)."""

    name: str
    id: bytes
    way: int
    public: bytes


class Signature(NamedTuple):
    """One signature below a note: whose, under which id, and what it is."""

    name: str
    id: bytes
    rest: bytes


class Seen(NamedTuple):
    """That a witness saw a checkpoint, and when (seconds since 1970)."""

    witness: str
    at: int


class Checkpoint(NamedTuple):
    """The log's size and root, as it was signed; and which witnesses saw it."""

    origin: str
    size: int
    root: bytes
    seen: tuple[Seen, ...]


def unbase64(text: str, what: str) -> bytes:
    """The bytes of a base64 text in its one canonical form."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raw = None
    if raw is None or base64.b64encode(raw).decode() != text:
        raise Fault(f"{what} is not written in base64.")
    return raw


def key_of(text: str) -> Key:
    """A verifier key from its text ``name+id+key``. Raises Unusable."""
    name, _, rest = text.strip().partition("+")
    key_id, _, material = rest.partition("+")
    try:
        raw = unbase64(material, "The key")
    except Fault:
        raw = b""
    if len(raw) != 1 + KEY_BYTES or raw[0] not in (SIGNS_NOTES, COSIGNS) or not name:
        raise Unusable(f"{text!r} is no verifier key of Ed25519. It has the form name+id+key.")
    key = Key(name, hashlib.sha256(name.encode() + b"\n" + raw).digest()[:ID_BYTES], raw[0], raw[1:])
    if key.id.hex() != key_id:
        raise Unusable(f"The verifier key of {name} was not copied whole: its id does not fit it.")
    return key


def checkpoint_of(note: bytes, keys: Sequence[Key], witnesses: Sequence[Key], at_least: int) -> Checkpoint:
    """The checkpoint in a signed note, when one of the log's keys and enough witnesses signed it. Raises Fault."""
    text, signatures = note_parts(note)
    rows = text.split("\n")[:-1]
    if len(rows) < LINES or not all(rows) or not NUMBER.fullmatch(rows[1]):
        raise Fault("The checkpoint is not written as one.")
    root = unbase64(rows[2], "The checkpoint's root")
    if len(root) != HASH_BYTES:
        raise Fault("The checkpoint's root is not of 32 bytes.")
    own = [key for key in keys if key.name == rows[0]]
    if not [key for key in own if signed_by(key, text, signatures)]:
        raise Fault("The checkpoint is not signed with this log's key, or is of another log.")
    seen = tuple(Seen(key.name, at) for key in witnesses for at in cosigned_by(key, text, signatures))
    if len({one.witness for one in seen}) < at_least:
        raise Fault(f"Of {at_least} witnesses that have to have seen the checkpoint, {len(seen)} did.")
    return Checkpoint(rows[0], int(rows[1]), root, seen)


def note_parts(note: bytes) -> tuple[str, list[Signature]]:
    """The text of a note with its last line end, and the signatures below it. Raises Fault."""
    try:
        whole = note.decode("utf-8")
    except UnicodeDecodeError:
        raise Fault("The checkpoint is not written as a signed note.") from None
    text, gap, below = whole.rpartition("\n\n")
    strange = any(letter < " " and letter != "\n" for letter in whole) or len(note) > LONGEST_NOTE
    if not gap or not below.endswith("\n") or strange:
        raise Fault("The checkpoint is not written as a signed note.")
    return text + "\n", [signature_in(line) for line in below.split("\n")[:-1]]


def signature_in(line: str) -> Signature:
    found = SIGNATURE_LINE.fullmatch(line)
    if found is None:
        raise Fault("The checkpoint is not written as a signed note.")
    raw = unbase64(found[2], "A signature")
    return Signature(found[1], raw[:ID_BYTES], raw[ID_BYTES:])


def signed_by(key: Key, text: str, signatures: Sequence[Signature]) -> bool:
    """Whether a key signed a note's text. Raises Fault where a signature of it does not hold."""
    theirs = [one.rest for one in signatures if (one.name, one.id) == (key.name, key.id)]
    for signature in theirs:
        if not signature_holds(key.public, text.encode(), signature):
            raise Fault(f"The signature of {key.name} does not hold.")
    return bool(theirs)


def cosigned_by(key: Key, text: str, signatures: Sequence[Signature]) -> Iterator[int]:
    """When a witness says that it saw this checkpoint. Raises Fault where a cosignature of it does not hold."""
    for rest in [one.rest for one in signatures if (one.name, one.id) == (key.name, key.id)]:
        at = int.from_bytes(rest[:TIME_BYTES], "big")
        message = f"cosignature/v1\ntime {at}\n{text}".encode()
        if at >= LATEST or not signature_holds(key.public, message, rest[TIME_BYTES:]):
            raise Fault(f"The cosignature of {key.name} does not hold.")
        yield at


# --- The tree: RFC 6962, section 2.1 ---


def leaf_hash(entry: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


class Tree:
    """A tree that grows from the left: the roots of the full subtrees that it is made of, the largest first."""

    def __init__(self, subtrees: Sequence[tuple[int, bytes]] = ()) -> None:
        self.subtrees = list(subtrees)

    def add(self, height: int, root: bytes) -> None:
        """Put a full subtree of 2^height leaves to the right of what is there."""
        while self.subtrees and self.subtrees[-1][0] == height:
            root, height = node_hash(self.subtrees.pop()[1], root), height + 1
        self.subtrees.append((height, root))

    def with_leaves(self, leaves: Sequence[bytes]) -> Tree:
        """The tree with a few leaves more."""
        grown = Tree(self.subtrees)
        for leaf in leaves:
            grown.add(0, leaf)
        return grown

    def root(self) -> bytes:
        if not self.subtrees:
            return hashlib.sha256(b"").digest()
        root = self.subtrees[-1][1]
        for _, left in reversed(self.subtrees[:-1]):
            root = node_hash(left, root)
        return root


def proves(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Whether an audit path leads from a leaf to the root (RFC 9162, section 2.1.3.2)."""
    if index >= size:
        return False
    at, last, found = index, size - 1, leaf
    for step in path:
        if last == 0:
            return False
        if at & 1 or at == last:
            found = node_hash(step, found)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            found = node_hash(found, step)
        at, last = at >> 1, last >> 1
    return last == 0 and found == root


# --- The log as files: c2sp.org/tlog-tiles ---

WIDTH, HEIGHT = 256, 8


def grouped(number: int) -> str:
    """A tile's number as a path: 067, x001/x234/067."""
    digits = str(number)
    digits = digits.zfill((len(digits) + 2) // 3 * 3)
    groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
    return "/".join(["x" + one for one in groups[:-1]] + groups[-1:])


class File(NamedTuple):
    """One file of the log: where it is, its bytes, and whether it is a full one."""

    path: str
    raw: bytes
    full: bool


def tile(directory: Path, kind: str, number: int, width: int) -> File:
    """A file of the log, full or of this width. A full one may stand for a partial one, which was removed then."""
    whole = f"tile/{kind}/{grouped(number)}"
    wanted = whole if width == WIDTH else f"{whole}.p/{width}"
    for path in (wanted, whole):
        try:
            return File(path, (directory / path).read_bytes(), path == whole)
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as fault:
            raise Fault(f"{path} cannot be read: {fault.strerror}.") from None
    raise Fault(f"{wanted} is missing.")


def entries_in(directory: Path, number: int, width: int) -> list[bytes]:
    """The entries of one file of them, as many as the checkpoint says."""
    file = tile(directory, "entries", number, width)
    found: list[bytes] = []
    count, at = WIDTH if file.full else width, 0
    while at < len(file.raw) and len(found) < count:
        end = at + 2 + int.from_bytes(file.raw[at : at + 2], "big")
        found.append(file.raw[at + 2 : end])
        at = end
    if at != len(file.raw) or len(found) != count:
        raise Fault(f"{file.path} does not hold {count} whole entries.")
    return found[:width]


def expect_tile(directory: Path, level: int, number: int, hashes: Sequence[bytes]) -> None:
    """Raises Fault when a file of hashes does not hold these."""
    file, expected = tile(directory, str(level), number, len(hashes)), b"".join(hashes)
    length = WIDTH * HASH_BYTES if file.full else len(expected)
    if len(file.raw) != length or not file.raw.startswith(expected):
        raise Fault(f"{file.path} does not fit the entries below it.")


class Levels:
    """The hashes above the leaves that no file was compared with yet, level by level."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.waiting: list[list[bytes]] = []

    def add(self, level: int, number: int, root: bytes) -> None:
        """Take the root of a full tile of ``level``; and compare the tile above, where that makes it full."""
        if level == len(self.waiting):
            self.waiting.append([])
        hashes = self.waiting[level]
        hashes.append(root)
        if len(hashes) == WIDTH:
            expect_tile(self.directory, level + 1, number // WIDTH, hashes)
            self.waiting[level] = []
            self.add(level + 1, number // WIDTH, Tree().with_leaves(hashes).root())

    def end(self, size: int) -> None:
        """Compare the tiles that are not full."""
        for level, hashes in enumerate(self.waiting, start=1):
            if hashes:
                expect_tile(self.directory, level, (size >> HEIGHT * level) // WIDTH, hashes)


def check_tiles(
    directory: Path, head: Checkpoint, older: Sequence[Checkpoint], told: Callable[[int], None]
) -> None:
    """Read every file that a checkpoint needs, and hold it against the others, the root, and older roots."""
    tree, levels = Tree(), Levels(directory)
    for first in range(0, head.size, WIDTH):
        width = min(WIDTH, head.size - first)
        leaves = [leaf_hash(entry) for entry in entries_in(directory, first // WIDTH, width)]
        expect_tile(directory, 0, first // WIDTH, leaves)
        for one in older:
            if first < one.size <= first + width:
                expect_root(tree.with_leaves(leaves[: one.size - first]), one, "were signed before")
        if width == WIDTH:
            levels.add(0, first // WIDTH, Tree().with_leaves(leaves).root())
        tree = tree.with_leaves(leaves)
        told(first + width)
    levels.end(head.size)
    expect_root(tree, head, "were signed")


def expect_root(tree: Tree, checkpoint: Checkpoint, what: str) -> None:
    if tree.root() != checkpoint.root:
        raise Fault(f"The first {checkpoint.size} entries are not those that {what}.")


# --- The commands ---


def verified_tiles(path: str, asked: argparse.Namespace) -> str:
    """A directory of a published log. Raises Fault."""
    head = asked.opened(whole_file(Path(path) / "checkpoint"))
    older = [kept(one, asked) for one in asked.against]
    for one in older:
        if one.size > head.size:
            raise Fault(
                f"There are {head.size} entries, and {one.size} were signed before: some were removed."
            )
    check_tiles(Path(path), head, older, Progress(head.size, quiet=asked.quiet))
    since = "".join(f" It begins with the {one.size} that were signed before." for one in older)
    return f"{described(head)}.{since}{told(head)}"


def kept(path: str, asked: argparse.Namespace) -> Checkpoint:
    """A checkpoint that somebody kept. Witnesses need not have seen it."""
    try:
        return checkpoint_of(whole_file(Path(path)), asked.keys, (), 0)
    except Fault as fault:
        raise Fault(f"{path}, which was kept: {fault}") from None


def verified_proof(path: str, asked: argparse.Namespace) -> str:
    """A file made by ``broker audit prove``, and the entry that it is about. Raises Fault."""
    entry = None if asked.leaf else whole_file(Path(asked.entry or Path(path).with_suffix(".entry")))
    index, steps, note = proof_parts(whole_file(Path(path)))
    checkpoint = asked.opened(note)
    leaf = asked.leaf if entry is None else leaf_hash(entry)
    if not proves(leaf, index, checkpoint.size, steps, checkpoint.root):
        raise Fault(f"The entry is not number {index} of the log that was signed.")
    facts = "" if entry is None else clear_facts(entry)
    return f"entry {index}{facts}, among {described(checkpoint)}.{told(checkpoint)}"


def proof_parts(proof: bytes) -> tuple[int, list[bytes], bytes]:
    """Index, audit path and checkpoint of a proof (c2sp.org/tlog-proof). Raises Fault."""
    head, gap, note = proof.partition(b"\n\n")
    lines = head.decode("ascii", "replace").split("\n")
    if len(lines) > 1 and lines[1].startswith("extra "):  # what somebody added, and no signature covers
        del lines[1]
    word, _, index = lines[1].partition(" ") if len(lines) > 1 else ("", "", "")
    if not gap or lines[0] != "c2sp.org/tlog-proof@v1" or word != "index" or not NUMBER.fullmatch(index):
        raise Fault("It is not written as a proof.")
    steps = [unbase64(line, "A hash of the proof") for line in lines[2:]]
    if not all(len(step) == HASH_BYTES for step in steps):
        raise Fault("A hash of the proof is not of 32 bytes.")
    return int(index), steps, note


def clear_facts(entry: bytes) -> str:
    """What an entry says of itself in the clear, as far as it can be printed safely."""
    try:
        facts: Any = json.loads(entry.split(b"\n")[0])
        said = [str(facts["type"]), str(facts["at"])]
    except (ValueError, KeyError, TypeError):
        return ""
    plain = all(re.fullmatch("[A-Za-z0-9.:+_-]{1,60}", one) for one in said)
    return f" ({said[0]}, {said[1]})" if plain else ""


def verified_checkpoint(path: str, asked: argparse.Namespace) -> str:
    """A checkpoint alone. Raises Fault."""
    head = asked.opened(whole_file(Path(path)))
    return f"{described(head)}.{told(head)}"


def described(head: Checkpoint) -> str:
    return f"{head.size} entries of {head.origin}, root {base64.b64encode(head.root).decode()}"


def told(checkpoint: Checkpoint) -> str:
    """Which witnesses saw a checkpoint, and when."""
    seen = [
        (one.witness, time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(one.at))) for one in checkpoint.seen
    ]
    return "".join(f" {witness} saw it at {at}." for witness, at in seen)


def whole_file(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as fault:
        raise Fault(f"{path} cannot be read: {fault.strerror}.") from None


class Progress:
    """Tells on standard error how far it is, once a second at most."""

    def __init__(self, size: int, quiet: bool) -> None:
        self.size, self.quiet, self.last = size, quiet, time.monotonic()

    def __call__(self, done: int) -> None:
        if self.quiet or time.monotonic() - self.last < 1:
            return
        self.last = time.monotonic()
        sys.stderr.write(f"{done} of {self.size} entries\n")


def parser() -> argparse.ArgumentParser:
    whole = argparse.ArgumentParser(
        prog="verify_audit_log.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = whole.add_subparsers(dest="command", metavar="tiles | proof | checkpoint", required=True)
    tiles = command(commands, "tiles", "a directory that a log was published into", verified_tiles)
    tiles.add_argument(
        "--against",
        action="append",
        default=[],
        metavar="OLDER",
        help="a checkpoint that somebody kept: the log must begin with what it was then",
    )
    proof = command(commands, "proof", "a file made by broker audit prove", verified_proof)
    proof.add_argument("--entry", help="the entry's bytes; when left out, PATH with .entry for its ending")
    proof.add_argument("--leaf", help="instead of the entry: its leaf hash in base64, as a receipt has it")
    command(commands, "checkpoint", "a file that holds a checkpoint", verified_checkpoint)
    return whole


def command(
    commands: Any, name: str, what: str, does: Callable[[str, argparse.Namespace], str]
) -> argparse.ArgumentParser:
    """One command, with what all of them take."""
    one: argparse.ArgumentParser = commands.add_parser(name, help=f"verify {what}")
    one.set_defaults(does=does)
    one.add_argument("paths", nargs="+", metavar="PATH", help=f"{what}; or several of them")
    one.add_argument(
        "--key",
        action="append",
        required=True,
        dest="keys",
        help="the log's verifier key, or a file that holds it; several where the log changed its key",
    )
    one.add_argument(
        "--witness",
        action="append",
        default=[],
        dest="witnesses",
        metavar="KEY",
        help="the verifier key of a witness that has to have seen the checkpoint; or several",
    )
    one.add_argument(
        "--witnesses",
        type=int,
        dest="at_least",
        metavar="N",
        help="how many of them suffice; all of them when left out",
    )
    one.add_argument("--quiet", action="store_true", help="tell no progress on standard error")
    return one


def prepared(asked: argparse.Namespace) -> None:
    """Read what the words name. Raises Unusable."""
    asked.keys = [key_of(text_of(one)) for one in asked.keys]
    asked.witnesses = list(dict.fromkeys(key_of(text_of(one)) for one in asked.witnesses))
    if any(key.way != SIGNS_NOTES for key in asked.keys):
        raise Unusable("--key is the key of a witness. Give the log's own, and that one with --witness.")
    if any(key.way != COSIGNS for key in asked.witnesses):
        raise Unusable("--witness is a key that does not cosign. Give the witness's key of tlog-cosignature.")
    at_least = len(asked.witnesses) if asked.at_least is None else asked.at_least
    if not 0 <= at_least <= len(asked.witnesses):
        raise Unusable(f"--witnesses {at_least} needs as many keys with --witness.")
    asked.opened = lambda note: checkpoint_of(note, asked.keys, asked.witnesses, at_least)
    for path in [*asked.paths, *getattr(asked, "against", ())]:
        if not Path(path).exists():
            raise Unusable(f"There is no {path}.")
    if asked.command == "proof":
        prepare_proof(asked)


def prepare_proof(asked: argparse.Namespace) -> None:
    """Read the leaf hash, where one stands for the entry. Raises Unusable."""
    if asked.leaf is not None:
        try:
            asked.leaf = unbase64(asked.leaf, "--leaf")
        except Fault as fault:
            raise Unusable(str(fault)) from None
    if (asked.entry or asked.leaf) and len(asked.paths) > 1:
        raise Unusable(
            "--entry and --leaf go with one proof. Name several entries like their proofs, with .entry."
        )


def text_of(key: str) -> str:
    """A key that was given as itself, or as a file that holds it."""
    try:
        return Path(key).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return key


def main(words: Sequence[str]) -> int:
    asked = parser().parse_args(words)
    try:
        prepared(asked)
    except Unusable as fault:
        sys.stderr.write(f"{fault}\n")
        return CALLED_WRONGLY
    code = VERIFIED
    for path in asked.paths:
        try:
            sys.stdout.write(f"VERIFIED {path}: {asked.does(path, asked)}\n")
        except Fault as fault:
            code = DOES_NOT_VERIFY
            sys.stdout.write(f"DOES NOT VERIFY {path}: {fault}\n")
        sys.stdout.flush()
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
