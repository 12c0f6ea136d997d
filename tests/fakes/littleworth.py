"""Littleworth: a partnership small enough to read, on in-memory sources, with everything else real.

The files are those that people write; the audit log is a real one on disk; queries travel over HTTP. Clock and
chance stand still, so that the same rows give the same bytes. All people are invented.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from opentelemetry.sdk.trace import SpanProcessor

from broker.api.front import Front
from broker.api.server import make_server
from broker.app import connectors_of, running
from broker.audit.keys import create_keys, load_keys
from broker.audit.reader import AuditReader
from broker.catalogue import Catalogue
from broker.chance import Chance
from broker.settings import Partnership, load_settings
from connectors.contract import Candidate, Connector, Contact, Identifiers
from connectors.memory import MemoryConnector
from deploy.demo.sign_in import AUDIENCE, ISSUER, Persona, SignIn

NOW = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)

BROKER = f"""\
format: broker/1
partnership: Littleworth
audit: {{log: state/audit.db, keys: state/keys, origin: littleworth.example/family-context}}
identity:
  issuer: {ISSUER}
  audience: {AUDIENCE}
  jwks: file:state/jwks.json
  oldest_minutes: 600
references: {{key: "env:SEAL_KEY"}}
answers: {{seconds: 1.5, released_every_ms: 25}}
limits: none
"""

PURPOSES = """\
format: purpose-rules/1
roles:
  social_worker: A children's social worker.
  early_help_lead: Leads early help.
  auditor: Checks who asked what.
purposes:
  section_47_enquiry:
    title: Section 47 enquiry
    duty: Children Act 1989 s.47
    lawful_basis: [public_task]
    special_category: [{article: 9(2)(g), condition: DPA 2018 Sch. 1 para. 18}]
    offence_data: [DPA 2018 Sch. 1 para. 18]
    appropriate_policy_document: Littleworth APD 1
    who_may_ask: [social_worker]
    about: [child, parent, sibling, other_adult]
    family_agreement: not_needed
    look_back: 5 years
    journeys: [people]
    views: [flags, details]
    must_record: [reason, case_reference]
    case_check: not_made
    sources: all
    checked_by: {officer: A. Officer, on: 2026-01-05}
  early_help_assessment:
    title: Early help assessment
    duty: Children Act 2004 s.10
    lawful_basis: [public_task]
    special_category: [{article: 9(2)(g), condition: DPA 2018 Sch. 1 para. 18}]
    offence_data: []
    appropriate_policy_document: Littleworth APD 1
    who_may_ask: [early_help_lead]
    about: [child, parent, sibling]
    family_agreement: {needed: {without_agreement: nothing, if_withdrawn: nothing}}
    look_back: 2 years
    journeys: [people]
    views: [flags, details]
    must_record: [reason]
    case_check: not_made
    sources: {sensitive: false}
    checked_by: {officer: A. Officer, on: 2026-01-05}
"""


def source_file(name: str, service: str, *, sensitive: bool = False, row_cap: int = 5000) -> str:
    """A source file for an in-memory source with every column."""
    return f"""\
format: source/1
source: {name}
service: {service}
system: {service} system
kind: memory
connection: {{}}
table: people
local_key: local_key
identifiers:
  given_name: given_name
  family_name: family_name
  other_family_names: [former_name]
  birth_date: birth_date
  sex: sex
  address: address
  postcode: postcode
  nhs_number: nhs_number
  upn: upn
sex_codes: {{female: female, male: male}}
involvement: {{started: started, ended: ended, last_contact: last_contact, status: status}}
contact: {{name: worker, role: worker_role, team: team, phone: phone, email: email}}
gates: {{category: category}}
restricted: {{column: shielded, values: ["Y"]}}
sensitive: {str(sensitive).lower()}
desk: {{name: {service} desk, phone: 0191 498 0000}}
coverage: {{area: Littleworth, since: 2015-01-01}}
population: 20000
row_cap: {row_cap}
"""


MARKS = """\
staff: {column: works_with_children, values: ["Y"]}
protected_location: {column: protected_address, values: ["Y"]}
"""
"""The end of a source file whose records tell of staff, and of households that must not be found."""


def policy_file(name: str, *, sensitive: bool = False, early_help: bool = False) -> str:
    """A sharing policy that shows a social worker everything about adults of a fitting category."""
    also = "\n      - {purpose: early_help_assessment, when: {family_agreement: given}}" if early_help else ""
    return f"""\
format: sharing-policy/1
policy: {name}
source: {name}
owner: {{organisation: Littleworth {name}, contact: sharing@littleworth.example}}
controller: Littleworth {name}
discloses_under:
  gateway: Children Act 2004 s.10 and s.11
  lawful_basis: public_task
  special_category: {{article: 9(2)(g), condition: DPA 2018 Sch. 1 para. 18}}
  offence_data: DPA 2018 Sch. 1 para. 18
version: 3
effective: {{from: 2026-01-01, until: 2027-01-01}}
sharing_agreement: {{dsa: DSA-1, dpia: DPIA-1, agreed: 2025-12-01}}
sensitive: {str(sensitive).lower()}
look_back: 3 years
record_date: last_contact
nothing_means: Nothing that {name} shares for this purpose. It may hold more.
people: {{age: {{from: 3}}}}
gates:
  category: {{only: [support, tenancy], never: {{parking: Irrelevant to a child's welfare.}}}}
fields:
  involved:
    meaning: There is a record.
    justification: To know whom to ring.
    share:
      - {{purpose: section_47_enquiry}}{also}
  status:
    meaning: Whether it is open.
    justification: To know whether someone is there.
    codes:
      open: {{label: Open, meaning: Someone works on it. It says nothing of guilt.}}
      closed: {{label: Closed, meaning: No one works on it.}}
    share:
      - {{purpose: section_47_enquiry, show: exact}}
  started:
    meaning: Since when.
    justification: To know how long.
    share:
      - {{purpose: section_47_enquiry, show: month}}
  last_contact:
    meaning: When last seen.
    justification: To know how recent it is.
    share:
      - {{purpose: section_47_enquiry, show: full_date}}
    at_most:
      - {{when: {{relation: other_adult}}, show: year, why: Proportionate for others.}}
  lead_practitioner:
    meaning: Whom to ring.
    justification: To put two practitioners in touch.
    share:
      - {{purpose: section_47_enquiry, show: named}}
    at_most:
      - {{when: {{relation: other_adult}}, show: team, why: Proportionate for others.}}
tests:
  - name: Parking is as if it never happened
    ask: {{purpose: section_47_enquiry, role: social_worker, relation: parent, age: 34, today: 2026-06-01}}
    record: {{status: open, category: parking, last_contact: 2026-05-30}}
    expect: nothing
"""


SOURCES = {
    "housing": source_file("housing", "Housing"),
    "police": source_file("police", "Police", sensitive=True),
    "school": source_file("school", "School", row_cap=100),
}
MARKED = {name: text + MARKS for name, text in SOURCES.items()}
"""The same sources, with records that tell so."""
POLICIES = {
    "housing": policy_file("housing", early_help=True),
    "police": policy_file("police", sensitive=True),
    "school": policy_file("school", early_help=True),
}
SOCIAL_WORKER = Persona("lw-1", "Sam Okafor", "Littleworth Council", ("social_worker",), "section 47")
EARLY_HELP = Persona("lw-2", "Elin Rees", "Littleworth Early Help", ("early_help_lead",), "early help")
EMMA = {
    "relation": "parent",
    "given_name": "Emma",
    "family_name": "Ashdown",
    "birth_date": "1991-03-07",
    "postcode": "LW1 4AB",
}


def row(key: str = "k1", **changed: Any) -> Candidate:
    """Emma Ashdown, a 35-year-old with an open record; ``changed`` says what is different."""
    person = Identifiers(
        given_name="Emma",
        family_name="Ashdown",
        birth_date=date(1991, 3, 7),
        sex="female",
        address="4 Mill Lane",
        postcode="LW1 4AB",
    )
    whole = Candidate(
        local_key=key,
        identifiers=replace(person, **changed.pop("identifiers", {})),
        started=date(2025, 2, 3),
        ended=None,
        last_contact=date(2026, 5, 20),
        status="open",
        contact=Contact(
            "Pat Quayle", "Officer", "North team", "0191 498 0100", "pat.quayle@littleworth.example"
        ),
        gates={"category": "support"},
    )
    return replace(whole, **changed)


@dataclass(slots=True)
class Clock:
    """A clock that stands still until it is moved."""

    at: datetime = NOW

    def __call__(self) -> datetime:
        return self.at


@dataclass(slots=True)
class Littleworth:
    """A running Littleworth, and how a test speaks to it."""

    directory: Path
    client: TestClient[web.Request, web.Application]
    front: Front
    sources: Mapping[str, MemoryConnector]
    sign_in: SignIn
    clock: Clock

    def headers(self, persona: Persona = SOCIAL_WORKER) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.sign_in.token(persona, self.clock())}"}

    async def post(
        self, path: str, body: Mapping[str, Any], persona: Persona = SOCIAL_WORKER
    ) -> tuple[int, Any]:
        """The status and the JSON body of the reply."""
        async with self.client.post(path, json=body, headers=self.headers(persona)) as reply:
            return reply.status, await reply.json(content_type=None)

    async def ask(self, *people: Mapping[str, Any], persona: Persona = SOCIAL_WORKER, **said: Any) -> Any:
        """The answer about these people (Emma, when nobody is named); the test fails when there is none."""
        status, answer = await self.post("/v1/queries", question(*people, **said), persona)
        assert status == 200, answer
        return answer

    def reader(self) -> AuditReader:
        """The audit log as an auditor reads it, beside the broker that writes it."""
        state = self.directory / "state"
        return AuditReader.open(
            state / "audit.db", load_keys(state / "keys"), "littleworth.example/family-context"
        )

    def log_bytes(self) -> bytes:
        """Every byte that the broker keeps, without the owners' own policies, which are about nobody."""
        state = self.directory / "state"
        kept = (path for path in sorted(state.rglob("*")) if path.is_file())
        return b"".join(path.read_bytes() for path in kept if state / "policies" not in path.parents)


def question(*people: Mapping[str, Any], **said: Any) -> dict[str, Any]:
    """A section 47 query about these people, or about Emma."""
    return {
        "purpose": "section_47_enquiry",
        "reason": "Referral of 29 May",
        "case_reference": "LW-42",
        "view": "details",
        "people": list(people) or [EMMA],
        **said,
    }


def part(answer: Any, source: str, person: int = 1) -> Any:
    """What one source says of one person."""
    return next(one for one in answer["services"] if one["source"] == source)["people"][person - 1]


def write_files(directory: Path, **changed: Mapping[str, str] | str) -> Path:
    """Littleworth's files, in a new directory. ``changed`` replaces ``sources``, ``policies``, ``purposes`` or
    ``broker``.
    """
    files = {
        "broker.yaml": str(changed.get("broker", BROKER)),
        "purposes.yaml": str(changed.get("purposes", PURPOSES)),
    }
    for folder, default in (("sources", SOURCES), ("policies", POLICIES)):
        for name, text in dict(changed.get(folder, default)).items():  # type: ignore[arg-type]
            files[f"{folder}/{name}.yaml"] = text
    for name, text in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return directory


@asynccontextmanager
async def littleworth(
    directory: Path,
    rows: Mapping[str, Sequence[Candidate]] | None = None,
    *,
    adapt: Callable[[Mapping[str, MemoryConnector]], None] = lambda _: None,
    spans_also_to: Sequence[SpanProcessor] = (),
    on_files: bool = False,
    clock: Clock | None = None,
    port: int | None = None,
    **changed: Mapping[str, str] | str,
) -> AsyncIterator[Littleworth]:
    """Littleworth, running. ``rows`` are those of each source; ``adapt`` may break a source first.

    ``on_files``: its sources are read as their files say. ``port``: where it listens; any, when left out.
    """
    write_files(directory, **changed)
    sign_in, clock = SignIn(), clock or Clock()
    sign_in.write_key_set(directory / "state" / "jwks.json")
    if not (directory / "state" / "keys").exists():
        create_keys(directory / "state" / "keys")
    made: dict[str, MemoryConnector] = {}

    def memory(_: Partnership, catalogue: Catalogue) -> Mapping[str, Connector]:
        for name, source in catalogue.to_read().items():
            made[name] = MemoryConnector(source, (rows or {}).get(name, ()))
        adapt(made)
        return made

    partnership = load_settings(directory, {"SEAL_KEY": "5e" * 32})
    async with (
        running(
            partnership,
            make_connectors=connectors_of if on_files else memory,
            chance=_still(clock),
            spans_also_to=spans_also_to,
        ) as front,
        TestClient(TestServer(make_server(front), port=port)) as client,
    ):
        yield Littleworth(directory, client, front, made, sign_in, clock)


def _still(clock: Clock) -> Chance:
    numbers, chance = itertools.count(1), random.Random(7)  # noqa: S311 -- a test that can be repeated
    return Chance(now=clock, new_id=lambda: f"q-{next(numbers):024x}", random=chance.randbytes)
