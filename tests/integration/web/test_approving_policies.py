"""Approving a proposed policy on the pages: by a second person, after a strong sign-in at a real provider."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from broker.activation import last_in_force, refused, signatures_beside
from broker.web.texts import texts_of
from policy.load import load_policy
from policy.sign import public_key, signed, written
from tests.fakes import littleworth
from tests.fakes.littleworth import POLICIES, SOCIAL_WORKER
from tests.fakes.pages import Answered, Browser, Town, town_with_pages

OWNER, OTHER, PAGES_KEY = (Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32) for n in (1, 2, 3))
ABI = replace(
    SOCIAL_WORKER,
    subject="lw-41",
    name="Abi Approver",
    roles=("data_owner",),
    organisation="Littleworth housing",
)
OLA = replace(ABI, subject="lw-42", name="Ola Owner")
KIM = replace(ABI, subject="lw-43", name="Kim Colleague")
PAT = replace(ABI, subject="lw-44", name="Pat Police", organisation="Littleworth police")
STEP_UP = "  step_up: {acr: [strong], minutes: 10}\n"
SIGNERS = "".join(
    f"""\
    {name}:
      owners: {{Ola Owner: "{public_key(OWNER)}"}}
      approvers:
        Bo Second: "{public_key(OTHER)}"
        Abi Approver: "{public_key(PAGES_KEY)}"
        Ola Owner: "{public_key(PAGES_KEY)}"
      sign_in: {{Abi Approver: lw-41, Ola Owner: lw-42}}
"""
    for name in POLICIES
)
SIGNED = (
    f"policies:\n  signatures: required\n  approvals_key: file:state/approvals.key\n  signers:\n{SIGNERS}"
)
TEXT = texts_of("en").texts
WIDER, NARROWER = ("look_back: 3 years", "look_back: 4 years"), ("look_back: 3 years", "look_back: 2 years")
LASTING = ("until: 2027-01-01", "until: 2099-12-31")


def changed(*changes: tuple[str, str]) -> str:
    text = POLICIES["housing"]
    for old, new in (LASTING, *changes):
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


def sign(path: Path, *who: tuple[str, str, Ed25519PrivateKey]) -> None:
    at = datetime.now(UTC) - timedelta(minutes=1)  # the broker's clock stands still
    made = [signed(load_policy(path), key, role, by, at) for role, by, key in who]  # type: ignore[arg-type]
    path.with_name(f"{path.name}.sig").write_text(written(made), encoding="ascii")


def signed_files(directory: Path, **given: Any) -> Path:
    made = littleworth_files(directory, **given)
    for name in POLICIES:
        path = made / "policies" / f"{name}.yaml"
        path.write_text(path.read_text(encoding="utf-8").replace(*LASTING), encoding="utf-8")
        sign(path, ("owner", "Ola Owner", OWNER), ("approver", "Bo Second", OTHER))
    (made / "state").mkdir()
    (made / "state" / "approvals.key").write_text(f"{bytes([3] * 32).hex()}\n", encoding="ascii")
    return made


littleworth_files = littleworth.write_files


@pytest.fixture
async def town(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Town]:
    monkeypatch.setattr("tests.fakes.littleworth.write_files", signed_files)
    people = (ABI, OLA, KIM, PAT)
    async with town_with_pages(
        tmp_path, monkeypatch, identity=STEP_UP, more=SIGNED, people=people
    ) as started:
        yield started


@dataclass(slots=True)
class Draft:
    """A version that waits, and where it is shown."""

    town: Town
    path: Path

    @property
    def address(self) -> str:
        return f"/owners/housing/changes/{load_policy(self.path).digest}"

    def approvals(self) -> list[str]:
        """Who approved it, by signatures that hold."""
        loaded = load_policy(self.path)
        made = [one for one in signatures_beside(self.path) if one.role == "approver"]
        return [one.by for one in made if one.holds() and one.is_of(loaded)]

    def refusals(self) -> list[str]:
        """Why it may not come into force, as ``broker policy verify`` finds it."""
        of = self.town.littleworth.front.reloading.of
        found = refused(last_in_force(of), {"housing": load_policy(self.path)}, of, datetime.now(UTC))
        return [one.code for one in found]


def draft(town: Town, *changes: tuple[str, str], folder: str = "drafts", by_owner: bool = True) -> Draft:
    path = town.littleworth.directory / folder / "housing.yaml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(changed(("version: 3", "version: 4"), *changes), encoding="utf-8")
    if by_owner:
        sign(path, ("owner", "Ola Owner", OWNER))
    return Draft(town, path)


async def signed_in(town: Town, who: Any, *, strongly: bool = True) -> Browser:
    browser = town.browser()
    await browser.sign_in(who, strongly=strongly)
    return browser


async def approve(browser: Browser, of: Draft, **fields: str) -> Answered:
    form = {"read": "yes", "csrf": await browser.mark(), **fields}
    return await browser.post(of.address, form)


def entries(town: Town, kind: str) -> list[Any]:
    with town.littleworth.reader() as reader:
        return [one.facts for one in reader.entries() if one.kind == kind]


def seen(page: Answered) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page.text[page.text.index("<main") :])).split())


async def test_a_second_person_is_sent_to_sign_in_strongly_comes_back_and_approves(town: Town) -> None:
    of = draft(town, WIDER)
    assert of.refusals() == ["not_approved"]
    browser = await signed_in(town, ABI, strongly=False)
    listed = await browser.get("/owners/housing/changes")
    assert f'href="{of.address}"' in listed.text
    page = await browser.get(of.address)
    assert TEXT["approval_stage.sign_in"] in seen(page)
    assert '<form method="post" action="/owners' not in page.text
    (again,) = re.findall(r'href="(/sign-in[^"]+)"', page.text)
    asked = parse_qs(urlsplit((await browser.get(unescape(again))).to).query)
    assert (asked["acr_values"], asked["max_age"]) == (["strong"], ["600"])

    back = await browser.sign_in(ABI, to=quote(f"{of.address}#approval"), strongly=True)
    assert (back.status, back.to) == (303, f"{of.address}#approval")
    page = await browser.get(of.address)
    assert "Records whose last contact is 36 to 48 months ago are no longer withheld." in seen(page)
    assert "For example, invented: " in seen(page)
    done = await approve(browser, of)
    assert (done.status, done.to) == (303, of.address)

    assert of.approvals() == ["Abi Approver"]
    assert of.refusals() == []
    (entry,) = entries(town, "policy.approved")
    assert (entry["source"], entry["version"], entry["policy_digest"]) == (
        "housing",
        4,
        load_policy(of.path).digest,
    )
    assert (entry["request"]["requester"]["subject"], entry["request"]["by"]) == ("lw-41", "Abi Approver")
    page = await browser.get(of.address)
    assert TEXT["approval_stage.complete"] in seen(page)
    assert "Abi Approver, as approver" in seen(page)
    # A draft stays one: nothing but the signature was written.
    assert not await town.littleworth.front.reloading.reload()
    in_force = town.littleworth.front.broker.around.catalogue.services["housing"]
    assert in_force.policy.version == 3


async def test_a_version_among_the_policies_comes_into_force_once_it_is_approved(town: Town) -> None:
    of = draft(town, WIDER, folder="policies")
    assert not await town.littleworth.front.reloading.reload()
    browser = await signed_in(town, ABI)
    assert (await approve(browser, of)).status == 303
    assert await town.littleworth.front.reloading.reload()
    gone = await browser.get(of.address)
    assert (gone.status, gone.to) == (303, "/owners/housing")


async def test_a_weak_sign_in_approves_nothing_and_is_led_back_to_the_version(town: Town) -> None:
    of = draft(town, WIDER)
    refused_ = await approve(await signed_in(town, ABI, strongly=False), of)
    assert refused_.status == 401
    assert f'href="/sign-in?strongly=yes&amp;to={of.address}"' in refused_.text
    assert 'acr_values="strong"' in refused_.headers["WWW-Authenticate"]
    assert town.codes() == ["step_up_needed"]
    assert of.approvals() == []


async def test_a_strong_sign_in_of_long_ago_approves_nothing(town: Town) -> None:
    of = draft(town, WIDER)
    browser = await signed_in(town, ABI)
    mark = await browser.mark()
    town.later(minutes=12)
    assert (await browser.post(of.address, {"read": "yes", "csrf": mark})).status == 401
    assert of.approvals() == []


@pytest.mark.parametrize(
    ("who", "stage"), [(OLA, "proposer"), (KIM, "not_named")], ids=["the proposer", "somebody not named"]
)
async def test_nobody_approves_their_own_version_or_one_for_which_they_are_not_named(
    town: Town, who: Any, stage: str
) -> None:
    of = draft(town, WIDER)
    browser = await signed_in(town, who)
    assert TEXT[f"approval_stage.{stage}"] in seen(await browser.get(of.address))
    assert (await approve(browser, of)).status == 403
    assert town.codes() == ["approval_not_open"]
    assert (of.approvals(), entries(town, "policy.approved")) == ([], [])


async def test_another_organisation_sees_and_approves_nothing_of_it(town: Town) -> None:
    of = draft(town, WIDER)
    browser = await signed_in(town, PAT)
    assert (await browser.get(of.address)).status == 403
    assert (await approve(browser, of)).status == 403
    assert of.approvals() == []


@pytest.mark.parametrize(
    ("changes", "by_owner", "stage"),
    [
        ((WIDER,), False, "not_yet"),
        ((NARROWER,), True, "complete"),
        (
            (WIDER, ("role: social_worker, relation: parent", "role: cleaner, relation: parent")),
            True,
            "not_yet",
        ),
        ((WIDER, ("category: parking, last", "category: support, last")), True, "not_yet"),
    ],
    ids=["not signed by its owner", "shows nothing more", "names no role that there is", "fails its test"],
)
async def test_what_is_not_ready_or_needs_no_approval_gets_none(
    town: Town, changes: tuple[tuple[str, str], ...], by_owner: bool, stage: str
) -> None:
    of = draft(town, *changes, by_owner=by_owner)
    browser = await signed_in(town, ABI)
    assert TEXT[f"approval_stage.{stage}"] in seen(await browser.get(of.address))
    assert (await approve(browser, of)).status == 403
    assert of.approvals() == []


async def test_a_file_that_was_changed_since_it_was_shown_is_not_approved(town: Town) -> None:
    of = draft(town, WIDER)
    shown = of.address
    browser = await signed_in(town, ABI)
    assert (await browser.get(shown)).status == 200
    draft(town, ("look_back: 3 years", "look_back: 5 years"))
    gone = await browser.post(shown, {"read": "yes", "csrf": await browser.mark()})
    assert gone.status == 404
    assert of.approvals() == []


async def test_whoever_has_not_read_what_it_opens_is_told_so(town: Town) -> None:
    of = draft(town, WIDER)
    told = await approve(await signed_in(town, ABI), of, read="")
    assert told.status == 422
    assert TEXT["approval.unread"] in seen(told)
    assert told.text[told.text.index("<title>") :].startswith("<title>Error: ")
    assert of.approvals() == []


async def test_a_form_of_another_site_approves_nothing(town: Town) -> None:
    of = draft(town, WIDER)
    browser = await signed_in(town, ABI)
    assert (await approve(browser, of, csrf="x")).status == 403
    assert (
        await browser.post(
            of.address, {"read": "yes", "csrf": await browser.mark()}, Origin="https://x.example"
        )
    ).status == 403
    assert town.codes() == ["form_not_ours", "form_not_ours"]
    assert of.approvals() == []


async def test_what_cannot_be_recorded_is_not_approved(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    of = draft(town, WIDER)
    browser = await signed_in(town, ABI)
    mark = await browser.mark()
    log = town.littleworth.front.broker.log
    await log.close()
    assert (await browser.post(of.address, {"read": "yes", "csrf": mark})).status == 503
    assert of.approvals() == []


async def test_what_cannot_be_written_says_so(town: Town) -> None:
    of = draft(town, WIDER)
    browser = await signed_in(town, ABI)
    of.path.with_name("housing.yaml.sig").unlink()
    sign(of.path, ("owner", "Ola Owner", OWNER))
    of.path.with_name(".housing.yaml.sig.part").mkdir()  # where it would be written first
    told = await approve(browser, of)
    assert told.status == 503
    assert TEXT["approval.unwritten"] in seen(told)
    assert of.approvals() == []


async def test_a_file_that_cannot_be_read_is_told_to_its_owner_without_its_lines(town: Town) -> None:
    of = draft(town, WIDER)
    of.path.write_text(of.path.read_text(encoding="utf-8") + "surprise: Emma Ashdown\n", encoding="utf-8")
    page = await (await signed_in(town, ABI)).get("/owners/housing/changes")
    assert TEXT["changes.unreadable"] in seen(page)
    assert "drafts/housing.yaml" in seen(page)
    assert "Ashdown" not in page.text
    other = await (await signed_in(town, PAT)).get("/owners/police/changes")
    assert TEXT["changes.none"] in seen(other)
