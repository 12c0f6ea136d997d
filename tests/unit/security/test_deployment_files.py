"""The files that put the broker into service give it no more than it needs."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from broker.api.settings import Listen

ROOT = Path(__file__).parents[3]
DEPLOY = ROOT / "deploy"
FILES = [one for room in ("container", "systemd", "kubernetes") for one in sorted((DEPLOY / room).iterdir())]


def unit() -> Mapping[str, Sequence[str]]:
    """What the unit's service section says, by name."""
    said: dict[str, list[str]] = defaultdict(list)
    text = (DEPLOY / "systemd/family-context-broker.service").read_text(encoding="utf-8")
    for line in text.partition("[Service]")[2].partition("[Install]")[0].splitlines():
        if line and not line.startswith("#"):
            name, _, value = line.partition("=")
            said[name].append(value)
    return said


def kubernetes(kind: str) -> list[Any]:
    """All objects of a kind."""
    texts = (path.read_text(encoding="utf-8") for path in sorted((DEPLOY / "kubernetes").glob("*.yaml")))
    objects = [one for text in texts for one in yaml.safe_load_all(text)]
    return [one for one in objects if one["kind"] == kind]


@pytest.fixture
def pod() -> Any:
    (deployment,) = kubernetes("Deployment")
    return deployment["spec"]["template"]["spec"]


@pytest.fixture
def container(pod: Any) -> Any:
    (one,) = pod["containers"]
    return one


@pytest.fixture
def instructions() -> list[list[str]]:
    text = (DEPLOY / "container/Containerfile").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [line.split(maxsplit=1) for line in "\n".join(lines).replace("\\\n", " ").splitlines()]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DynamicUser", "yes"),
        ("ProtectSystem", "strict"),
        ("ProtectHome", "yes"),
        ("PrivateTmp", "yes"),
        ("PrivateDevices", "yes"),
        ("NoNewPrivileges", "yes"),
        ("CapabilityBoundingSet", ""),
        ("AmbientCapabilities", ""),
        ("RestrictSUIDSGID", "yes"),
        ("RestrictNamespaces", "yes"),
        ("RestrictAddressFamilies", "AF_INET AF_INET6 AF_UNIX"),
        ("MemoryDenyWriteExecute", "yes"),
        ("SystemCallArchitectures", "native"),
        ("StateDirectoryMode", "0700"),
        ("UMask", "0077"),
        ("LimitCORE", "0"),
    ],
)
def test_the_unit_restricts(name: str, value: str) -> None:
    assert unit()[name] == [value]


def test_the_unit_allows_a_service_s_system_calls_and_no_privileged_ones() -> None:
    assert unit()["SystemCallFilter"] == ["@system-service", "~@privileged"]


def test_the_unit_gets_its_keys_as_credentials_and_has_none_in_its_environment() -> None:
    assert all(one.partition(":")[2].startswith("/") for one in unit()["LoadCredential"])
    assert not {"Environment", "EnvironmentFile", "SetCredential", "User", "ReadWritePaths"} & set(unit())


def test_the_unit_cannot_see_a_checkout_s_history() -> None:
    (program,) = unit()["ExecStart"]
    checkout = program.partition("/.venv/")[0]
    assert unit()["InaccessiblePaths"] == [f"-{checkout}/.git"]


def test_the_unit_has_room_for_all_connections() -> None:
    (files,) = unit()["LimitNOFILE"]
    assert int(files) >= Listen().connections + 200


def test_the_image_runs_as_nobody_in_particular(instructions: list[list[str]]) -> None:
    users = [rest for name, rest in instructions if name == "USER"]
    assert users == ["10001:10001"]
    last = [name for name, _ in instructions]
    assert last.index("USER") < last.index("ENTRYPOINT")
    assert "HEALTHCHECK" in last


def test_the_image_has_every_package_by_its_hash_and_no_installer(instructions: list[list[str]]) -> None:
    installs = [
        part for name, rest in instructions if name == "RUN" for part in rest.split("&&") if "install" in part
    ]
    assert installs
    for one in installs:
        assert "--require-hashes" in one or "uninstall --yes pip" in one, one
    assert not [name for name, _ in instructions if name == "ADD"]


def test_the_image_s_base_is_an_argument_without_a_default(instructions: list[list[str]]) -> None:
    assert ["ARG", "BASE"] in instructions
    assert {rest.split()[0] for name, rest in instructions if name == "FROM"} == {"${BASE}"}


def test_what_the_image_copies_is_there(instructions: list[list[str]]) -> None:
    copied = [rest.split() for name, rest in instructions if name == "COPY" and "--from" not in rest]
    assert copied
    for words in copied:
        assert all((ROOT / one).exists() for one in words[:-1] if not one.startswith("--"))


def test_pods_run_without_root(pod: Any) -> None:
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["runAsUser"] >= 10000
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert pod["automountServiceAccountToken"] is False
    assert not {"hostNetwork", "hostPID", "hostIPC"} & set(pod)


def test_containers_gain_nothing_and_change_nothing(container: Any) -> None:
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "privileged": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert set(container["resources"]["limits"]) == {"cpu", "memory"}


def test_only_the_state_and_scratch_can_be_written(container: Any, pod: Any) -> None:
    written = {one["mountPath"] for one in container["volumeMounts"] if not one.get("readOnly")}
    assert written == {"/partnership/state", "/tmp"}
    assert not [one for one in pod["volumes"] if "hostPath" in one]


def test_secrets_are_files_that_not_everybody_reads(container: Any, pod: Any) -> None:
    assert "env" not in container
    (secret,) = [one["secret"] for one in pod["volumes"] if "secret" in one]
    assert secret["defaultMode"] & 0o007 == 0


def test_probes_ask_what_there_is(container: Any) -> None:
    asked = {
        name: container[name]["httpGet"]["path"]
        for name in ("livenessProbe", "readinessProbe", "startupProbe")
    }
    assert asked == {"livenessProbe": "/healthz", "readinessProbe": "/readyz", "startupProbe": "/healthz"}


def test_the_log_s_one_writer_is_never_two() -> None:
    (deployment,) = kubernetes("Deployment")
    assert (deployment["spec"]["replicas"], deployment["spec"]["strategy"]) == (1, {"type": "Recreate"})


def test_the_namespace_admits_restricted_pods_alone() -> None:
    (namespace,) = kubernetes("Namespace")
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"


def test_nothing_speaks_with_anything_unless_a_policy_says_so() -> None:
    closed, opened = sorted(kubernetes("NetworkPolicy"), key=lambda one: "ingress" in one["spec"])
    assert closed["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    for way in ("ingress", "egress"):
        for rule in opened["spec"][way]:
            assert rule["ports"]
            assert rule["from" if way == "ingress" else "to"]
            assert "0.0.0.0/0" not in str(rule)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_no_file_names_a_registry_or_holds_a_secret(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"\b(docker|quay|ghcr|gcr|pypi|mcr)\.(io|org|com|microsoft)", text)
    assert not re.search(r"(?i)(password|secret|token)\s*[:=]\s*['\"]?\w{12,}", text)
