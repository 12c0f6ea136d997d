"""``broker match explain``: the file, the table, the JSON and the HTML report."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from broker.cli import main
from broker.cli.printing import out
from broker.explaining import words
from broker.explaining.page import page
from broker.explaining.reading import read_case
from broker.explaining.report import Report, as_json, report_on, steps
from broker.matching import levels
from broker.matching.explain import Weight
from broker.matching.weights import DEFAULT_WEIGHTS
from handwritten import Faults
from tests.fakes.littleworth import write_files

TODAY = date(2026, 6, 1)
CASE: Mapping[str, Any] = {
    "typed": {
        "given_name": "Maisie",
        "family_name": "Quillfeather",
        "birth_date": "2019-03-07",
        "address": "4 Larkspur Lane",
    },
    "records": [
        {
            "key": "KEY-ONE",
            "given_name": "Maisy",
            "family_name": "Quillfeather",
            "birth_date": "2019-07-03",
            "address": "4 Larkspur Lane",
        },
        {
            "given_name": "Maisie",
            "family_name": "Thistlewood",
            "birth_date": "2019-03-07",
            "uprn": "100012345678",
        },
        {
            "given_name": "Hattie",
            "family_name": "Quillfeather",
            "birth_date": "2019-03",
            "postcode": "LW1 4AB",
        },
    ],
}
PERSONAL = (
    "maisie",
    "maisy",
    "hattie",
    "quillfeather",
    "thistlewood",
    "larkspur",
    "2019",
    "key-one",
    "100012345678",
)
ROWS = """\
record,given_name,family_name,other_family_names,birth_date,age,address,uprn,postcode
typed,Maisie,Quillfeather,,2019-03-07,,4 Larkspur Lane,,
KEY-ONE,Maisy,Quillfeather,,2019-07-03,,4 Larkspur Lane,,
,Maisie,Thistlewood,,2019-03-07,,,100012345678,
,Hattie,Quillfeather,,2019-03,,,,LW1 4AB
"""


def written(path: Path, case: Mapping[str, Any] = CASE) -> Path:
    file = path / "case.yaml"
    file.write_text(yaml.safe_dump(dict(case)), encoding="utf-8")
    return file


def report(path: Path, *, values: bool = False, case: Mapping[str, Any] = CASE) -> Report:
    read = read_case(written(path, case))
    return report_on(read, 20_000, relatives=True, weights=DEFAULT_WEIGHTS, today=TODAY, values=values)


def explained(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["match", "explain", *map(str, arguments)])


def test_yaml_json_and_csv_hold_the_same_case(tmp_path: Path) -> None:
    as_csv, as_text = tmp_path / "case.csv", tmp_path / "case.json"
    as_csv.write_text(ROWS, encoding="utf-8-sig")
    as_text.write_text(json.dumps(CASE), encoding="utf-8")
    assert read_case(written(tmp_path)) == read_case(as_text) == read_case(as_csv)


def test_others_who_were_asked_about_stand_in_csv_too(tmp_path: Path) -> None:
    file = tmp_path / "case.csv"
    file.write_text("record,given_name\ntyped,Maisie\nasked_with,Hattie\n7,Hattie\n", encoding="utf-8")
    case = read_case(file)
    assert [one.given_name for one in (*case.asked_with, *case.records)] == ["Hattie", "Hattie"]
    assert case.keys() == ("7",)


def test_former_names_and_an_age_stand_in_csv_too(tmp_path: Path) -> None:
    file = tmp_path / "case.csv"
    file.write_text("record,family_name,other_family_names,age\ntyped,Ashdown,,7\n1,Shaw,Ashdown; Dale,\n")
    case = read_case(file)
    assert case.records[0].other_family_names == ("Ashdown", "Dale")
    assert case.typed.identifiers(TODAY).born_between == (date(2018, 6, 2), date(2019, 6, 1))


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.yaml", "typed: {given_nmae: Maisie}\nrecords: [{}]", "a.yaml:1:"),
        ("a.yaml", "typed: {birth_date: Maisie}\nrecords: [{}]", "2019-03-07, 2019-03 or 2019"),
        ("a.yaml", "typed: {birth_date: 2019-02-30}\nrecords: [{}]", "no such birth date"),
        ("a.yaml", "typed: {birth_date: 2019-03-07, age: 7}\nrecords: [{}]", "not both"),
        ("a.yaml", "typed: {}\nrecords: []", "a.yaml:2:"),
        ("a.csv", "record,sex\ntyped,Maisie\n1,\n", "a.csv:2:1: sex"),
        ("a.csv", "record,nickname\ntyped,Maisie\n1,\n", "a.csv:2:1: nickname"),
        ("a.csv", "record,sex\n1,male\n", "typed in one row"),
        ("a.csv", "record,sex\ntyped,male\n", "1 to 200"),
        ("a.csv", "record,sex\ntyped,male\n1,male\n" + "asked_with,male\n" * 12, "up to 11 others"),
        ("a.csv", "record,sex\ntyped,male,Maisie\n1,male\n", "one cell for each column"),
        ("a.csv", "record,sex\ntyped,male\n1\n", "one cell for each column"),
        ("a.csv", "record,age\ntyped,Maisie\n1,7\n", "age"),
        ("a.csv", "record,birth_date\ntyped,Maisie\n1,\n", "a.csv:2:1: Write a birth date as"),
    ],
)
def test_what_is_wrong_with_a_file_is_said_without_repeating_it(
    tmp_path: Path, name: str, text: str, said: str
) -> None:
    file = tmp_path / name
    file.write_text(text, encoding="utf-8")
    with pytest.raises(Faults, match=re.escape(said)) as found:
        read_case(file)
    assert "Maisie" not in str(found.value)
    result = explained(file, "--population", 1000)
    assert (result.exit_code, "Maisie" in result.output) == (1, False)


@pytest.mark.parametrize("raw", [b"\xff\xfe\x00", b"record,sex\n" + b"x" * (1 << 20)])
def test_a_csv_that_is_none_is_a_fault(tmp_path: Path, raw: bytes) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes(raw)
    with pytest.raises(Faults):
        read_case(file)


@pytest.mark.parametrize("wanted", [[], ["--json"]])
def test_no_value_of_a_person_is_shown_unless_asked_for(tmp_path: Path, wanted: list[str]) -> None:
    html = tmp_path / "report.html"
    result = explained(written(tmp_path), "--population", 20_000, "--html", html, *wanted)
    assert result.exit_code == 0, result.output
    for text in (result.output.lower(), html.read_text(encoding="utf-8").lower()):
        assert [one for one in PERSONAL if one in text] == []


@pytest.mark.parametrize("wanted", [[], ["--json"]])
def test_values_are_shown_when_asked_for(
    tmp_path: Path, wanted: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(out, "width", 200)  # a narrow table breaks names
    html = tmp_path / "report.html"
    result = explained(written(tmp_path), "--population", 20_000, "--show-values", "--html", html, *wanted)
    assert "Thistlewood" in result.output
    assert "KEY-ONE" in result.output
    assert "Thistlewood" in html.read_text(encoding="utf-8")
    assert "Keep it as you keep the records" in html.read_text(encoding="utf-8")


def test_the_json_has_the_bits_that_come_to_the_odds(tmp_path: Path) -> None:
    told = as_json(report(tmp_path))
    assert sum(one["chance"] for one in told["accounts"]) + told["nobody"] == pytest.approx(1)
    for one in told["accounts"]:
        terms = [one[name] for name in ("prior_bits", "namesakes_bits", "relatives_bits", "twins_bits")]
        assert sum(terms) + sum(each["bits"] for each in one["identifiers"]) == pytest.approx(one["bits"])
        assert {"typed", "record"} & one["identifiers"][0].keys() == set()


def test_the_waterfall_ends_where_the_odds_are(tmp_path: Path) -> None:
    for account in report(tmp_path).told.accounts:
        assert sum(value for _, value in steps(account)) == pytest.approx(account.bits)


def test_the_population_the_relatives_and_the_weights_are_those_of_the_source(tmp_path: Path) -> None:
    write_files(tmp_path)
    by_name = explained(written(tmp_path), "--source", "school", "--partnership", tmp_path, "--json")
    by_hand = explained(written(tmp_path), "--population", 20_000, "--relatives", "--json")
    assert by_name.exit_code == 0, by_name.output
    assert json.loads(by_name.output) == json.loads(by_hand.output)
    without = explained(written(tmp_path), "--population", 20_000, "--no-relatives", "--json")
    assert json.loads(without.output) != json.loads(by_hand.output)


WEIGHTS = """\
format: match-weights/1
source: school
version: school/3
parent: default/1
learnt_from: 500
held_out:
  {pairs: 200, log_loss_before: .05, log_loss_after: .04, wrong_shown_before: 1, wrong_shown_after: 1}
m: {sex: {same: 0.9, differs: 0.015}}
"""


def test_a_weights_file_is_what_the_records_are_judged_by(tmp_path: Path) -> None:
    (tmp_path / "weights.yaml").write_text(WEIGHTS.replace(": .", ": 0."), encoding="utf-8")
    result = explained(
        written(tmp_path), "--population", 20_000, "--weights", tmp_path / "weights.yaml", "--json"
    )
    assert result.exit_code == 0, result.output
    assert json.loads(result.output)["weights"] == "school/3"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "--population"),
        (["--source", "scool"], "Did you mean school?"),
        (["--population", "0"], "0"),
        (["--population", "9", "--html", "/no/such/place/a.html"], "could not be written"),
    ],
)
def test_a_command_called_wrongly_says_what_to_do(tmp_path: Path, arguments: list[str], said: str) -> None:
    write_files(tmp_path)
    result = explained(written(tmp_path), "--partnership", tmp_path, *arguments)
    assert result.exit_code == 2
    assert said in result.output.replace("\n", " ")


def test_every_level_of_the_weights_has_words() -> None:
    every = [
        *levels.GivenNameLevel,
        *levels.FamilyNameLevel,
        *levels.BirthDateLevel,
        *levels.RangeLevel,
        *levels.SexLevel,
        *levels.NumberLevel,
        *levels.AddressLevel,
        *levels.PostcodeLevel,
        levels.SWAPPED,
    ]
    assert all(words.level(Weight("given_name", one, 0.9, 0.1)) for one in every)
    assert words.level(Weight("given_name", "", 1, 1)) == "not compared"


@pytest.mark.parametrize(
    ("value", "said"),
    [(0.0, "0"), (-0.01, "0"), (14.66, "+14.7"), (-3.25, "−3.2")],
)
def test_bits_have_their_sign(value: float, said: str) -> None:
    assert words.bits(value) == said


@pytest.mark.parametrize(
    ("value", "said"),
    [(10.22, "1,200 to 1"), (0.0, "1 to 1"), (-1.1375, "1 to 2.2"), (-20, "1 to 1,000,000")],
)
def test_odds_are_to_one(value: float, said: str) -> None:
    assert words.odds(value) == said


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0.0, "0 %"),
        (1e-9, "under 0.01 %"),
        (0.5, "50 %"),
        (0.99444, "99.44 %"),
        (0.999999, "over 99.99 %"),
        (1.0, "100 %"),
    ],
)
def test_a_chance_is_never_rounded_to_none_or_all(value: float, said: str) -> None:
    assert words.percent(value) == said


def test_a_record_that_a_better_one_takes_is_said_to_be_taken(tmp_path: Path) -> None:
    rivals = {"typed": CASE["typed"], "records": [dict(CASE["typed"]), CASE["records"][0]]}
    told = report(tmp_path, case=rivals).told
    assert [one.records for one in told.accounts] == [(0,), (1,)]
    assert "Other records fit too" in words.why(told.accounts[1])


def test_twins_who_are_asked_about_together_compete_for_a_record(tmp_path: Path) -> None:
    twins = {"typed": CASE["typed"], "asked_with": [dict(CASE["typed"])], "records": [dict(CASE["typed"])]}
    told = report(tmp_path, case=twins)
    assert words.why(told.told.accounts[0]) == "It could also be another person's of the query."
    (account,) = as_json(told)["accounts"]
    assert (account["grade_asked_alone"], account["grade"]) == ("certain", "possible")


class Page(HTMLParser):
    """What a screen reader needs of a page: headings and tables in order, charts with names, no id twice."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in {"meta", "path", "rect"}:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("values", [True, False])
def test_the_page_is_whole_fetches_nothing_and_has_every_chart_as_a_table(
    tmp_path: Path, values: bool
) -> None:
    html = page(report(tmp_path, values=values))
    read = Page()
    read.feed(html)
    assert read.open == []
    names = [attrs["id"] for _, attrs in read.tags if "id" in attrs]
    assert len(set(names)) == len(names)
    labels = [attrs["aria-labelledby"] or "" for _, attrs in read.tags if "aria-labelledby" in attrs]
    assert {one for label in labels for one in label.split()} <= set(names)
    kinds = [tag for tag, _ in read.tags]
    assert kinds.count("svg") == 3
    assert kinds.count("table") == 4
    assert [one for one in kinds if one in {"script", "link", "img", "iframe"}] == []
    assert re.findall(r"(?:src|href)=\"(?!#)|url\(|@import", html) == []
    assert all(attrs.get("scope") for tag, attrs in read.tags if tag == "th")


def test_what_a_record_holds_is_escaped_in_the_page_and_paints_no_terminal(tmp_path: Path) -> None:
    bold = "<b onclick=x>&\u202e\x1b[31m"
    case = {"typed": {"given_name": bold}, "records": [{"given_name": bold, "key": bold}]}
    file = tmp_path / "case.json"
    file.write_text(json.dumps(case), encoding="utf-8")
    html = tmp_path / "report.html"
    result = explained(file, "--population", 10, "--show-values", "--html", html)
    assert result.exit_code == 0, result.output
    assert "\x1b[31m" not in result.output
    assert "\u202e" not in result.output
    assert "<b onclick" not in html.read_text(encoding="utf-8")
    assert "&lt;b onclick" in html.read_text(encoding="utf-8")
