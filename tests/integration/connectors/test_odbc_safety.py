"""By ODBC, nothing can be written, and no text of anybody leads a connection or a statement elsewhere."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from connectors.contract import Connector, Identifiers, SourceMisfit, SourceUnavailable
from connectors.registry import connect
from deploy.demo.postgres import PostgresCluster
from tests.integration.connectors.odbc_sources import ADA, another, session_of
from tests.spec.connectors.engines import PASSWORD, READER, found, housing, refs

REFUSED = "read-only transaction|readonly|must be owner"

WRITES = [
    "INSERT INTO tenancy (ref) VALUES ('2')",
    "UPDATE tenancy SET ref = '2'",
    "DELETE FROM tenancy",
    "SELECT * FROM tenancy FOR UPDATE",
    "SELECT nextval('counter')",
    "SELECT * FROM writing()",
    "CREATE TABLE mine (a int)",
    "DROP TABLE tenancy",
]


@pytest.mark.parametrize("write", WRITES)
async def test_a_session_cannot_write(
    odbc_cluster: PostgresCluster, odbc_source: Connector, write: str
) -> None:
    """Not even by a role that may do everything, and not by a function that a SELECT calls."""
    odbc_cluster.run("GRANT ALL ON tenancy TO reader; GRANT CREATE ON SCHEMA public TO reader")
    odbc_cluster.run(
        "DROP SEQUENCE IF EXISTS counter; CREATE SEQUENCE counter; GRANT ALL ON counter TO reader"
    )
    odbc_cluster.run(
        "CREATE OR REPLACE FUNCTION writing() RETURNS int LANGUAGE sql"
        " AS 'INSERT INTO tenancy (ref) VALUES (2) RETURNING 1'"
    )
    async with session_of(odbc_source) as session:
        with pytest.raises(Exception, match=REFUSED) as refused:
            await session.ask(lambda reader: reader.rows(write))
    by_server = write.startswith("SELECT")
    assert refused.value.args[0] == ("25006" if by_server else "HY000")
    assert by_server or "readonly" in refused.value.args[1]  # the driver lets it not even through
    assert await refs(odbc_source, ADA) == ["1"]


@pytest.mark.parametrize("write", [one for one in WRITES if not one.startswith("SELECT")])
async def test_the_server_itself_refuses_what_the_driver_would_let_through(
    odbc_cluster: PostgresCluster, odbc_source: Connector, write: str
) -> None:
    odbc_cluster.run("GRANT ALL ON tenancy TO reader; GRANT CREATE ON SCHEMA public TO reader")
    async with session_of(odbc_source, ReadOnly="0") as session:
        with pytest.raises(Exception, match=REFUSED) as refused:
            await session.ask(lambda reader: reader.rows(write))
    assert refused.value.args[0] == "25006" or write.startswith("DROP")  # not the owner
    assert await refs(odbc_source, ADA) == ["1"]


async def test_a_password_may_hold_anything_that_is_printed(
    odbc_cluster: PostgresCluster, odbc_source: Connector
) -> None:
    for password in ("a;b", "a}b", "a};DATABASE=template1;x{", "{a}", "a}}b", "=", "é%41+ 'x\\", " lead "):
        odbc_cluster.create_role("oddly", password)
        odbc_cluster.run("GRANT SELECT ON tenancy TO oddly")
        connector = another(odbc_cluster, user="oddly", password=password)
        connector = connect(connector.source, {"env:PASSWORD": password}.__getitem__, Path())
        assert await refs(connector, ADA) == ["1"]
        await connector.close()


@pytest.mark.parametrize("place", ["driver", "server", "database", "user", "ca_file", "password"])
@pytest.mark.parametrize(
    "injected",
    [
        "{};DATABASE=bait;UID=baited;PWD=bait",
        "{}}};DATABASE=bait;UID=baited;PWD=bait;X={{",
        "{}}}}};DATABASE=bait;UID=baited;PWD=bait;X={{",
        "{{{};DATABASE=bait;UID=baited;PWD=bait",
        "{} dbname=bait user=baited password=bait",
        "{}' dbname=bait user=baited password=bait x='",
        "{}\n;DATABASE=bait;UID=baited;PWD=bait",
        "{}\0;DATABASE=bait;UID=baited;PWD=bait",
    ],
)
async def test_no_value_of_a_connection_can_lead_elsewhere(
    odbc_cluster: PostgresCluster, odbc_source: Connector, place: str, injected: str
) -> None:
    """Elsewhere is a database in which the same table holds another row, open to another role."""
    bait(odbc_cluster)
    good = {"driver": "PostgreSQL Unicode", "server": "127.0.0.1", "database": "postgres", "user": READER}
    value = injected.format({**good, "password": PASSWORD, "ca_file": "/ca"}[place])
    changed = {place: value} if place != "password" else {}
    password = value if place == "password" else PASSWORD
    ssl = {"ssl": "verify-full"} if place == "ca_file" else {}
    led = connect(
        another(odbc_cluster, **changed, **ssl).source, {"env:PASSWORD": password}.__getitem__, Path()
    )
    with pytest.raises((SourceUnavailable, SourceMisfit)):
        await found(led, ADA)
    await led.close()
    assert odbc_cluster.run("SELECT count(*) FROM pg_stat_activity WHERE usename = 'baited'") == [["0"]]


def bait(cluster: PostgresCluster) -> None:
    """A second database, whose table has the columns of the first."""
    cluster.create_role("baited", "bait")
    cluster.create_database("bait")
    asked = "SELECT string_agg(quote_ident(attname) || ' text', ', ') FROM pg_attribute"
    ((columns,),) = cluster.run(f"{asked} WHERE attrelid = 'tenancy'::regclass AND attnum > 0")
    cluster.run(f"CREATE TABLE IF NOT EXISTS tenancy ({columns})", "bait")
    cluster.run("GRANT SELECT ON tenancy TO baited, reader", "bait")
    cluster.run("INSERT INTO tenancy (ref, forename, surname) VALUES ('bait', 'Ada', 'Smith')", "bait")


@pytest.mark.parametrize(
    "options",
    ["DATABASE=bait", "database = bait", "UID=baited", "Driver=/tmp/evil.so", "SSLmode=disable", "x", "a={b}",
     "ConnSettings=SET x", "pqopt=dbname=bait", "ReadOnly=0", "FileDSN=/tmp/x", "PWD=bait", "a=b\nUID=x"],
)  # fmt: skip
def test_options_cannot_replace_what_the_connection_says(options: str) -> None:
    with pytest.raises(SourceMisfit, match=r"connection\.options") as raised:
        connect(housing(kind="odbc", connection={**PLAIN, "options": options}), str, Path())
    assert "bait" not in str(raised.value)


PLAIN = {"driver": "PostgreSQL Unicode", "server": "127.0.0.1", "database": "postgres", "user": READER}


@pytest.mark.parametrize(
    "typed", ["'; DROP TABLE tenancy; --", '"} OR {"x"="x', "{fn now()}", "?", "$1", "\\", "%", '{"a",b}']
)
async def test_metacharacters_in_names_are_only_characters(odbc_source: Connector, typed: str) -> None:
    everywhere = Identifiers(typed, typed, birth_date=date(1990, 1, 1), postcode=typed, uprn=typed, upn=typed)
    assert await refs(odbc_source, everywhere) == []
    assert await refs(odbc_source, ADA) == ["1"]
