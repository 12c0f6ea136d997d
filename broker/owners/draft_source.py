"""The text of a new source file: what is certain as YAML, what is not as a comment that says what to decide."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from broker.owners.column_words import plain
from broker.owners.proposal import SEVERAL, Mapped, Proposal
from broker.owners.shapes import about, rounded, sex_codes
from broker.owners.yaml_text import comment, flow, scalar
from connectors.inspection.seen import Coded

_WIDTH = 46
_PLACES: Mapping[str, Sequence[str]] = {
    "identifiers": ("given_name", "family_name", "other_family_names", "birth_date", "sex", "address", "postcode",
                    "uprn", "nhs_number", "upn", "case_id"),
    "involvement": ("started", "ended", "last_contact", "status"),
    "contact": ("name", "role", "team", "phone", "email"),
}  # fmt: skip
ALL_PLACES = ("local_key", *(f"{part}.{place}" for part, those in _PLACES.items() for place in those))


@dataclass(frozen=True, slots=True)
class Service:
    """What a person says of a service: its name on pages, its system, its desk, and what it covers since when."""

    name: str
    service: str
    system: str
    desk_name: str
    desk_phone: str
    area: str
    since: date


def source_text(
    service: Service, kind: str, connection: Mapping[str, str | int], found: Proposal, today: date
) -> str:
    """The whole file."""
    return "\n".join(_lines(service, kind, connection, found, today)) + "\n"


def _lines(
    service: Service, kind: str, connection: Mapping[str, str | int], found: Proposal, today: date
) -> Iterator[str]:
    yield comment(f"Drafted by `broker source new` on {today.isoformat()} from the live catalogue.")
    yield "# What was not certain stands as a comment: decide it, then run"
    yield f"# `broker source check {service.name}`."
    yield from ("format: source/1", f"source: {service.name}", f"service: {scalar(service.service)}")
    yield from (f"system: {scalar(service.system)}", f"kind: {kind}", f"connection: {flow(connection)}")
    yield from (f"table: {scalar(found.table)}", *_key(found))
    yield "identifiers:"
    yield from _part("identifiers", found)
    yield from _sexes(found)
    yield "involvement:"
    yield from _part("involvement", found)
    yield from _statuses(found)
    yield from _contact(found)
    yield from _gates(found)
    yield from _restricted(found)
    yield from _case(found)
    yield "# sensitive: true                             # a service of which only a certain match may be shown"
    yield f"desk: {flow({'name': service.desk_name, 'phone': service.desk_phone})}"
    yield f"coverage: {{area: {scalar(service.area)}, since: {service.since.isoformat()}}}"
    yield from ["as_of: extract"] if kind == "extract" else []
    why = "people, about. Rows were counted: one person may have several"
    unknown = "WRITE HOW MANY PEOPLE, about: the rows could not be counted"
    yield _with_comment(f"population: {rounded(found.rows or 1) or 1}", why if found.rows else unknown)


def _key(found: Proposal) -> Iterator[str]:
    key = found.of("local_key")
    yield f"local_key: {scalar(key.column) if key else ''}"


def _part(part: str, found: Proposal) -> Iterator[str]:
    """A line for each place that is mapped, and comments for the others that columns may be for."""
    for place in _PLACES[part]:
        full = f"{part}.{place}"
        mapped = [one for one in found.mapped if one.place == full]
        if full == SEVERAL and mapped:
            yield f"  {place}: [{', '.join(map(_column, mapped))}]"
        elif mapped:
            yield _with_comment(f"  {place}: {_column(mapped[0])}", _advice(mapped[0]))
        for doubt in found.doubts:
            if doubt.place == full:
                yield "  " + comment(f"{place}: {scalar(doubt.column)}".ljust(_WIDTH - 4) + f"  {doubt.why}")


def _column(one: Mapped) -> str:
    if not one.indexed and one.written is None:
        return scalar(one.column)
    more: dict[str, object] = {"indexed": True} if one.indexed else {}
    more |= {"format": one.written} if one.written else {}
    return flow({"column": one.column, **more})


def _advice(one: Mapped) -> str:
    looked_up = {"given_name", "family_name", "birth_date", "postcode", "nhs_number", "upn", "uprn"}
    wants = one.place.startswith("identifiers.") and one.place.partition(".")[2] in looked_up
    return "no index: every question reads the whole table" if wants and not one.indexed else ""


def _codes(found: Proposal, place: str) -> tuple[Mapped | None, Sequence[Coded]]:
    mapped = found.of(place)
    return mapped, found.codes.get(mapped.column, ()) if mapped else ()


def _sexes(found: Proposal) -> Iterator[str]:
    mapped, codes = _codes(found, "identifiers.sex")
    known = sex_codes(codes)
    if known:
        yield f"sex_codes: {flow({scalar(code): sex for code, sex in known.items()})}"
    for one in codes:
        if one.value not in known:
            yield comment(f"  {scalar(one.value)}: female, male or other?  ({about(one.rows)} rows)")
    if mapped and not codes:
        yield "# sex_codes: {F: female, M: male}             # the codes of " + comment(mapped.column)[2:]


def _statuses(found: Proposal) -> Iterator[str]:
    """Codes under their own names: what they mean is said in the policy."""
    mapped, codes = _codes(found, "involvement.status")
    if mapped is None:
        return
    if not codes:
        yield "# status_codes: {OPEN: current, SHUT: closed} # the codes of " + comment(mapped.column)[2:]
        return
    named = [one for one in codes if one.value[:1].isalpha() and one.value.isascii()]
    lead = "" if named else "# "
    yield f"{lead}status_codes:                                 # a code that is not listed means nothing"
    taken: set[str] = set()
    for one in codes:
        name = plain(one.value)
        sure = one in named and name not in taken
        taken.add(name)
        line = f"{scalar(one.value)}: {name if sure else 'a_name_for_it'}"
        yield _with_comment(f"  {line}" if sure else f"#   {line}", f"{about(one.rows)} rows")
    yield f"{lead}  # Codes that fewer than 10 rows have are not told: ask the service whether there are any."


def _contact(found: Proposal) -> Iterator[str]:
    """A mapping only where something is mapped."""
    lines = list(_part("contact", found))
    sure = any(one.place.startswith("contact.") for one in found.mapped)
    yield _with_comment("contact:" if sure else "# contact:", "whom to ring: the worker, never the person")
    yield from lines


def _gates(found: Proposal) -> Iterator[str]:
    yield from _commented(
        "gates:",
        "columns that the policy may test and never shows",
        (f"  {plain(one)}: {scalar(one)}" for one in found.gates),
    )


def _restricted(found: Proposal) -> Iterator[str]:
    """Never guessed, and never left out without a word: a shielded person's life may hang on it."""
    if not found.restricting:
        yield "# restricted: {column: ..., values: [...]}  # WHO MUST NEVER BE FOUND: is there a column?"
    for column in found.restricting:
        line = f'restricted: {{column: {scalar(column)}, values: ["Y"]}}'
        yield comment(f"{line}  DECIDE: which values mean that nobody may find the person?")


def _case(found: Proposal) -> Iterator[str]:
    if found.case != "as_written":
        yield _with_comment(
            f"# stored_case: {found.case}",
            "every name looked at is; say so only if every row's is, or people are missed",
        )


def _commented(head: str, why: str, lines: Iterable[str]) -> Iterator[str]:
    those = list(lines)
    if those:
        yield _with_comment(f"# {head}", why)
        yield from (comment(one) for one in those)


def _with_comment(line: str, why: str) -> str:
    return f"{line.ljust(_WIDTH)}{comment(why)}" if why else line
