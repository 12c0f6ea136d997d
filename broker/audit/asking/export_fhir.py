"""The log as FHIR R4 AuditEvent, by IHE's Basic Audit Log Patterns (BALP 1.1): for an audit repository.

    query.intent, details.opened   PatientQuery, one for each person who is asked about
    disclosure                     PrivacyDisclosure.Source, one for each person
    everything else                a plain AuditEvent

Every entry is at least one event. BALP wants a network address of whoever asks: the log keeps none, and the
event says so. It wants the query as it was sent: in its place stands which query it was, as the log names it.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from broker.audit.asking.export import Exported
from broker.audit.events import ASKED, OPENED, AuditRead, BrokerStarted, Disclosure, Refused
from broker.audit.tags import TagKeys

Event = dict[str, Any]
_BALP = "https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit."
PATIENT_QUERY, PRIVACY_DISCLOSURE = f"{_BALP}PatientQuery", f"{_BALP}PrivacyDisclosure.Source"
_DCM = "http://dicom.nema.org/resources/ontology/DCM"
_HL7 = "http://terminology.hl7.org/CodeSystem/"
_OURS = "urn:family-context:"
_NHS_NUMBER = "https://fhir.nhs.uk/Id/nhs-number"
_WITHOUT = {
    "extension": [
        {"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "unknown"}
    ]
}

_SUCCESS, _MINOR, _SERIOUS = "0", "4", "8"
_FAILURES = frozenset({"timed_out", "unavailable", "maintenance"})

_TYPES: Mapping[str, tuple[str, str]] = {
    AuditRead.kind: ("110101", "Audit Log Used"),
    Refused.kind: ("110113", "Security Alert"),
    BrokerStarted.kind: ("110100", "Application Activity"),
}
"""What DICOM calls the types of entry that it knows."""


@dataclass(frozen=True, slots=True)
class AuditEvents:
    """Makes events of one log. ``named``: with whoever asked, and whoever was asked about."""

    origin: str
    tags: TagKeys = field(repr=False)
    named: bool = False

    def lines(self, found: Iterable[Exported]) -> Iterator[str]:
        """NDJSON: one event a line."""
        for one in found:
            yield from (json.dumps(event, ensure_ascii=False) + "\n" for event in self.events(one))

    def events(self, one: Exported) -> Iterator[Event]:
        """The events of one entry."""
        if one.kind in (ASKED, OPENED) and one.keys:
            yield from (self._query(one, number) for number in one.keys)
        elif one.kind == Disclosure.kind and one.facts["disclosed"]:
            yield from (self._disclosure(one, told) for told in one.facts["disclosed"]["outcomes"])
        else:
            yield self._plain(one)

    def _query(self, one: Exported, number: int) -> Event:
        event = self._event(one, number, PATIENT_QUERY)
        said = json.dumps({"log": self.origin, "query": one.facts["query_id"], "person": number})
        query = {
            "type": _coding(f"{_HL7}audit-entity-type", "2", "System Object"),
            "role": _coding(f"{_HL7}object-role", "24", "Query"),
            "description": f"Query {one.facts['query_id']}, person {number}: what was typed stays in the log",
            "query": base64.b64encode(said.encode()).decode(),
        }
        return event | {
            "type": _coding(f"{_HL7}audit-event-type", "rest", "RESTful Operation"),
            "subtype": [
                _coding("http://hl7.org/fhir/restful-interaction", "search", "search"),
                self._subtype(one),
            ],
            "action": "E",
            "outcome": _SUCCESS,
            "agent": [
                self._agent("110153", "Source Role ID", {"display": self._organisation(one)}, _WITHOUT),
                self._agent("110152", "Destination Role ID", self._broker(), self._network()),
                *self._user(one),
            ],
            "entity": [query, self._patient(one, number)],
        }

    def _disclosure(self, one: Exported, told: Mapping[str, Any]) -> Event:
        event = self._event(one, told["number"], PRIVACY_DISCLOSURE)
        source = one.facts["source"]
        return event | {
            "type": _coding(_DCM, "110106", "Export"),
            "subtype": [
                _coding(f"{_HL7}iso-21089-lifecycle", "disclose", "Disclose Record Lifecycle Event"),
                self._subtype(one),
            ],
            "action": "R",
            "outcome": _MINOR if told["outcome"] in _FAILURES else _SUCCESS,
            "outcomeDesc": told["outcome"],
            "agent": [
                self._agent("110153", "Source Role ID", self._broker(), self._network()),
                self._agent("110152", "Destination Role ID", {"display": self._organisation(one)}, _WITHOUT),
                {
                    "type": _concept("http://snomed.info/sct", "159541003", "Record keeping/library clerk"),
                    "who": {"identifier": {"system": f"{_OURS}source", "value": source}, "display": source},
                    "requestor": False,
                    "policy": [f"{_OURS}policy:{one.facts['policy_digest']}"],
                },
                *self._user(one),
            ],
            "entity": [self._patient(one, told["number"]), self._report(one, told)],
        }

    def _plain(self, one: Exported) -> Event:
        code, display = _TYPES.get(one.kind, (None, None))
        kind = _coding(_DCM, code, display) if code and display else self._subtype(one)
        refused = one.kind == Refused.kind
        agents = list(self._user(one)) or [{"who": self._broker(), "requestor": False}]
        said = {"outcomeDesc": (one.facts.get("request") or {}).get("code")} if refused else {}
        event = self._event(one, 0, None) | {
            "type": kind,
            "subtype": [self._subtype(one)],
            "action": "E",
            "outcome": _SERIOUS if refused else _SUCCESS,
            "agent": agents,
            "entity": [self._entry(one, []), *(self._patient(one, it) for it in self._own(one))],
        }
        return event | {name: value for name, value in said.items() if value}

    def _event(self, one: Exported, number: int, profile: str | None) -> Event:
        """What every event has. Its id is made of the entry's: an event that is exported again has the same."""
        asked = one.facts.get("request") or one.request
        purpose = asked.get("purpose")
        return {
            "resourceType": "AuditEvent",
            "id": f"{one.facts['id']}-{number}",
            **({"meta": {"profile": [profile]}} if profile else {}),
            "recorded": one.at,
            **({"purposeOfEvent": [_concept(f"{_OURS}purpose", purpose)]} if purpose else {}),
            "source": {
                "site": self.origin,
                "observer": self._broker(),
                "type": [_coding(f"{_HL7}security-source-type", "4", "Application Server")],
            },
        }

    def _broker(self) -> Event:
        return {
            "identifier": {"system": f"{_OURS}log", "value": self.origin},
            "display": "Family Context broker",
        }

    def _network(self) -> Event:
        return {"address": f"https://{self.origin}", "type": "5"}

    def _organisation(self, one: Exported) -> str:
        return str((one.requester or {}).get("organisation") or "not known")

    def _agent(self, code: str, display: str, who: Event, network: Event) -> Event:
        return {"type": _concept(_DCM, code, display), "who": who, "requestor": False, "network": network}

    def _user(self, one: Exported) -> Iterator[Event]:
        """Whoever asked; nobody, where that is not known or can no longer be read."""
        who = one.requester
        if not who:
            return
        tag = {
            "identifier": {"system": f"{_OURS}requester", "value": self.tags.requester(who["subject"]).hex()}
        }
        named = {"identifier": {"system": f"{_OURS}subject", "value": who["subject"]}, "display": who["name"]}
        yield {
            "type": _concept(f"{_HL7}v3-ParticipationType", "IRCP", "information recipient"),
            "who": named if self.named else tag,
            "requestor": True,
            **({"role": [_concept(f"{_OURS}role", who["role"])]} if who.get("role") else {}),
            **({"name": who["name"]} if self.named else {}),
        }

    def _patient(self, one: Exported, number: int) -> Event:
        return {
            "type": _coding(f"{_HL7}audit-entity-type", "1", "Person"),
            "role": _coding(f"{_HL7}object-role", "1", "Patient"),
            "what": self._person(one, number),
        }

    def _person(self, one: Exported, number: int) -> Event:
        typed = (one.people.get(number) or {}).get("identifiers") or {}
        key = {"system": f"{_OURS}person-key", "value": one.keys.get(number, "not known")}
        if not self.named or not typed:
            return {"type": "Patient", "identifier": key}
        name = ", ".join(
            filter(None, (typed.get("family_name"), typed.get("given_name"), typed.get("birth_date")))
        )
        number_of = typed.get("nhs_number")
        identifier = {"system": _NHS_NUMBER, "value": number_of} if number_of else key
        return {"type": "Patient", "identifier": identifier, **({"display": name} if name else {})}

    def _report(self, one: Exported, told: Mapping[str, Any]) -> Event:
        """What was disclosed: levels alone, never a value."""
        details = [
            ("view", one.facts["disclosed"]["view"]),
            ("content_hash", one.facts["disclosed"]["content_hash"]),
        ]
        for levels in told["levels"]:
            details += [(name, level) for name, level in levels.items() if level != "nothing"]
        return self._entry(one, details) | {"role": _coding(f"{_HL7}object-role", "3", "Report")}

    def _entry(self, one: Exported, details: Sequence[tuple[str, str]]) -> Event:
        """The entry itself, by its number in the log: there it is proved."""
        entry = {"identifier": {"system": f"{_OURS}entry", "value": f"{self.origin}#{one.index}"}}
        detail = [{"type": name, "valueString": value} for name, value in details]
        return {
            "type": _coding(f"{_HL7}audit-entity-type", "2", "System Object"),
            "what": entry,
            **({"detail": detail} if detail else {}),
        }

    def _own(self, one: Exported) -> list[int]:
        """The people whom this entry itself names."""
        return [number for number in one.keys if f"person {number}" in one.facts]

    def _subtype(self, one: Exported) -> Event:
        return _coding(f"{_OURS}entry-type", one.kind)


def _coding(system: str, code: str, display: str | None = None) -> Event:
    return {"system": system, "code": code, **({"display": display} if display else {})}


def _concept(system: str, code: str, display: str | None = None) -> Event:
    return {"coding": [_coding(system, code, display)]}
