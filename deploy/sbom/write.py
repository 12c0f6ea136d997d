"""``make sbom``: write the bill of materials (CycloneDX 1.6) and the list of licences.

cyclonedx-py finds packages and licences in this environment; the locks say which of them are ours, which run and
which only build and test, and the hashes of their files.
"""

from __future__ import annotations

import json
import subprocess  # the one program below
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name

from deploy.sbom.locked import Locked, read_lock

ROOT = Path(__file__).parents[2]
BILL, LICENCES = ROOT / "deploy/sbom/bill-of-materials.json", ROOT / "deploy/sbom/licences.md"
_HEAD = """\
# Licences

Of every package in `requirements.lock`, as its own authors declare it; `make sbom` writes this list. What runs is
installed with the broker; what only builds and tests it is never on a council's server.

| package | version | licence | runs |
|---|---|---|---|
"""


def written(
    found: Mapping[str, Any], locked: Mapping[str, Locked], run: Mapping[str, Locked]
) -> dict[str, Any]:
    """The bill: what was found, as far as the lock names it, with hashes and ``scope``."""
    known = [one for one in found["components"] if canonicalize_name(one["name"]) in locked]
    components = sorted((_component(one, locked, run) for one in known), key=lambda one: str(one["name"]))
    refs = {one["bom-ref"] for one in components}
    return {
        "$schema": found["$schema"],
        "bomFormat": "CycloneDX",
        "specVersion": found["specVersion"],
        "version": 1,
        "metadata": {
            "component": {"type": "application", "name": "family-context-broker", "bom-ref": "broker"}
        },
        "components": components,
        "dependencies": [_dependency(one, refs) for one in found["dependencies"] if one["ref"] in refs],
    }


def licences(bill: Mapping[str, Any]) -> str:
    """The list for people."""
    return _HEAD + "".join(f"| {' | '.join(_row(one))} |\n" for one in bill["components"])


def _row(one: Mapping[str, Any]) -> tuple[str, ...]:
    return one["name"], one["version"], licence_of(one), "yes" if one["scope"] == "required" else "no"


def licence_of(component: Mapping[str, Any]) -> str:
    """Its licence in one line: an SPDX expression where there is one, else the names that its authors give."""
    said = component.get("licenses", [])
    expressions = [one["expression"] for one in said if "expression" in one]
    names = [one["license"].get("id") or one["license"]["name"] for one in said if "license" in one]
    lines = (" ".join(one.split()).removeprefix(_TROVE) for one in dict.fromkeys(expressions or names))
    return ", ".join(one if len(one) < _LONGEST else "its own text" for one in lines)


_TROVE = "License :: OSI Approved :: "
_LONGEST = 80
"""Some authors give the whole text where a name belongs."""


def _component(
    found: Mapping[str, Any], locked: Mapping[str, Locked], run: Mapping[str, Locked]
) -> dict[str, Any]:
    name = canonicalize_name(found["name"])
    kept = {
        key: found[key] for key in ("bom-ref", "licenses", "name", "purl", "type", "version") if key in found
    }
    files = [{"alg": "SHA-256", "content": one} for one in locked[name].hashes]
    return kept | {"scope": "required" if name in run else "excluded", "hashes": files}


def _dependency(one: Mapping[str, Any], refs: set[str]) -> dict[str, Any]:
    return {"ref": one["ref"], "dependsOn": [ref for ref in one.get("dependsOn", []) if ref in refs]}


def _found() -> Any:
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "found.json"
        program = Path(sys.executable).with_name("cyclonedx-py")
        options = ("environment", "--output-reproducible", "--sv", "1.6", "--of", "JSON", "-o", str(path))
        # A program of this environment, with words of ours:
        subprocess.run([program, *options, sys.executable], check=True)  # nosec B603  # noqa: S603
        return json.loads(path.read_text(encoding="utf-8"))


def _lines() -> Iterator[tuple[Path, str]]:
    bill = written(_found(), read_lock(ROOT / "requirements.lock"), read_lock(ROOT / "requirements-run.lock"))
    yield BILL, json.dumps(bill, indent=1, ensure_ascii=False) + "\n"
    yield LICENCES, licences(bill)


if __name__ == "__main__":
    for target, text in _lines():
        target.write_text(text, encoding="utf-8")
