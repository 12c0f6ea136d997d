"""Neither what is typed nor what a database holds can paint a terminal; what is wrong ends as documented."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest
from click.testing import CliRunner, Result
from rich.console import Console

from broker.audit.reader import Trace
from broker.cli import ask as asking
from broker.cli import main
from broker.cli.ask import show
from broker.cli.printing import Exit
from broker.cli.trace_table import trace_table

PAINT = "[red]x[/red]\x1b[31m\x9b31m\u202e"


class Replying(BaseHTTPRequestHandler):
    """Something that listens where a broker should, and says ``said``."""

    said: ClassVar[tuple[int, bytes]] = (200, b"{}")

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        status, body = self.said
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Nothing."""


@pytest.fixture
def server() -> Iterator[str]:
    serving = HTTPServer(("127.0.0.1", 0), Replying)
    thread = threading.Thread(target=serving.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{serving.server_port}"
    serving.shutdown()
    serving.server_close()
    thread.join()


def ask(server: str, *args: str) -> Result:
    return CliRunner().invoke(main, ["ask", "--server", server, "--token", "t\n", *args])


def painted(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    shown = io.StringIO()
    monkeypatch.setattr(asking, "out", Console(file=shown, width=200, highlight=False))
    return shown


def test_an_answer_paints_nothing_whatever_it_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = painted(monkeypatch)
    lead = {
        **dict.fromkeys(("name", "role", "team", "phone", "email"), PAINT),
        "from_directory": [PAINT],
        "has_left": False,
    }
    involvement = {"status": PAINT, "started": "2024", "ended": None, "last_contact": None}
    part = {
        "person": 1,
        "outcome": "involved",
        "means": PAINT,
        "hint": PAINT,
        "involvements": [
            {
                "involvement": {**involvement, "lead_practitioner": lead},
                "grade": "certain",
                "match": {},
                "because": PAINT,
            }
        ],
    }
    service = {
        "service": PAINT,
        "system": PAINT,
        "as_of": "live",
        "desk": {"name": PAINT, "phone": PAINT},
        "nothing_means": PAINT,
        "people": [part],
    }
    answer = {
        "query_id": PAINT,
        "receipt": {"index": 1, "log": PAINT},
        "people": [{"person": 1}],
        "services": [service],
    }
    show(answer, {"people": [{"relation": PAINT, "given_name": PAINT, "family_name": PAINT}]})
    assert "[red]x[/red]" in shown.getvalue()
    assert not set("\x1b\x9b\u202e") & set(shown.getvalue())


def test_a_trace_paints_nothing_whatever_the_log_holds() -> None:
    shown = io.StringIO()
    Console(file=shown, width=200).print(trace_table(Trace(query_id=PAINT, entries=())))
    assert "[red]x[/red]" in shown.getvalue()
    assert not set("\x1b\x9b\u202e") & set(shown.getvalue())


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ((200, b"<html>"), Exit.UNREACHABLE),
        ((200, b"[]"), Exit.UNREACHABLE),
        ((200, b"{}"), Exit.UNREACHABLE),
        ((302, b"{}"), Exit.UNREACHABLE),
        ((502, b"Bad gateway"), Exit.UNREACHABLE),
        ((401, json.dumps({"title": PAINT, "detail": PAINT}).encode()), Exit.REFUSED),
        ((503, json.dumps({"title": PAINT, "detail": PAINT}).encode()), Exit.UNREACHABLE),
    ],
)
def test_whatever_listens_there_the_command_ends_in_words(
    server: str, monkeypatch: pytest.MonkeyPatch, said: tuple[int, bytes], code: Exit
) -> None:
    monkeypatch.setattr(Replying, "said", said)
    asked = ask(server, "--person", "child: A, B, 4")
    assert (asked.exit_code, type(asked.exception)) == (code, SystemExit)
    assert not set("\x1b\x9b\u202e") & set(asked.output)


@pytest.mark.parametrize("written", ["", "{", "[]", '"x"', '{"people": 1}', "[" * 100_000])
def test_a_query_file_that_holds_no_query_is_said_to_be_one(tmp_path: Path, written: str) -> None:
    path = tmp_path / "query.json"
    path.write_text(written, encoding="utf-8")
    asked = ask("http://127.0.0.1:9", "--query", str(path))
    assert (asked.exit_code, "holds no query" in " ".join(asked.output.split())) == (Exit.USAGE, True)
