"""Everything that a broker in this process leaves behind: log, standard error, spans, metrics, what it keeps."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path

import pytest
from opentelemetry.sdk.trace import SpanProcessor
from opentelemetry.sdk.trace.export import ConsoleSpanExporter, SimpleSpanProcessor

from deploy.demo.postgres import PostgresCluster
from tests.canaries.calls import MONITORING, Call
from tests.canaries.people import WORDS
from tests.canaries.search import found
from tests.canaries.sending import Sender

_BYTES = re.compile(r"\\x([0-9a-f]*)")


@dataclass(slots=True)
class Trail:
    """What is looked through at the end. ``written`` is what stood on standard output and error."""

    caplog: pytest.LogCaptureFixture
    capfd: pytest.CaptureFixture[str]
    spans: io.StringIO = field(default_factory=io.StringIO)
    places: dict[str, bytes] = field(default_factory=dict)

    @property
    def exporter(self) -> SpanProcessor:
        """Writes spans as ``telemetry.export: console`` does."""
        return SimpleSpanProcessor(ConsoleSpanExporter(out=self.spans))

    async def followed(self, sender: Sender) -> None:
        """What can only be asked while the broker runs."""
        metrics = await sender.call("metrics", Call(MONITORING))
        assert metrics.status == HTTPStatus.OK, metrics.text
        self.places["metrics"] = metrics.text.encode()

    def kept_in(self, state: Path) -> None:
        """Every file that the broker keeps: its log, its keys and its registers."""
        files = [path for path in sorted(state.rglob("*")) if path.is_file()]
        self.places["what is kept"] = b"".join(path.read_bytes() for path in files)

    def kept_by(self, cluster: PostgresCluster, database: str) -> None:
        """Every row of a log that is kept in a database, with what is binary as it is."""
        own = "schemaname NOT IN ('pg_catalog', 'information_schema')"
        tables = cluster.run(f"SELECT schemaname, tablename FROM pg_tables WHERE {own}", database)  # noqa: S608 -- a constant
        assert tables, "there is no log"
        rows = [
            cluster.run(f'SELECT one::text FROM "{schema}"."{name}" one', database)  # noqa: S608 -- its own tables
            for schema, name in tables
        ]
        text = "\n".join("".join(row) for some in rows for row in some)
        binary = b"\n".join(bytes.fromhex(one) for one in _BYTES.findall(text))
        self.places["the log's rows"] = _BYTES.sub("", text).encode() + binary

    def told_by(self, name: str, cluster: PostgresCluster) -> None:
        """A database server's own log."""
        self.places[f"the server's log of {name}"] = cluster.log_file.read_bytes()

    def found(self) -> list[str]:
        """Every word that stands somewhere."""
        written = self.capfd.readouterr()
        self.places["the log"] = self.caplog.text.encode()
        self.places["standard error"] = (written.err + written.out).encode()
        self.places["spans"] = self.spans.getvalue().encode()
        return found(WORDS, self.places)
