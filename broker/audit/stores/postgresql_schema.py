"""The tables of log and keystore in PostgreSQL, and what a server must be for a log to be kept in it."""

from __future__ import annotations

from collections.abc import Mapping

from broker.audit.stores.contract import UnsafeStore
from broker.audit.stores.postgresql_session import SCHEMA, Connection

VERSION = 2
OLDEST_SERVER = 14

LOCKS = 0x4641436F
"""The first half of every advisory lock of ours; the second is a writer's id, or 0 for one at a time."""

_TABLES = f"""
CREATE SCHEMA {SCHEMA};
CREATE TABLE entry (idx bigint PRIMARY KEY, leaf bytea NOT NULL, raw bytea NOT NULL);
ALTER TABLE entry ALTER raw SET STORAGE EXTERNAL;
CREATE TABLE subtree (height integer, number bigint, root bytea NOT NULL, PRIMARY KEY (height, number));
CREATE TABLE writer (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                     since timestamptz NOT NULL DEFAULT now());
CREATE TABLE query (idx bigint PRIMARY KEY, query_id text COLLATE "C" NOT NULL, kind text COLLATE "C" NOT NULL,
                    at text COLLATE "C" NOT NULL, writer integer NOT NULL);
CREATE INDEX query_by_id ON query (query_id, kind);
CREATE INDEX query_by_time ON query (at);
CREATE TABLE tag (tag bytea, idx bigint, PRIMARY KEY (tag, idx));
CREATE TABLE checkpoint (single boolean PRIMARY KEY CHECK (single), note text NOT NULL);
CREATE TABLE cosignature (witness text PRIMARY KEY, size bigint NOT NULL, root bytea NOT NULL, line text NOT NULL,
                          sealed_note bytea NOT NULL);
CREATE TABLE head (single boolean PRIMARY KEY CHECK (single), version integer NOT NULL, size bigint NOT NULL,
                   roots bytea NOT NULL) WITH (fillfactor = 10);
CREATE TABLE person_key (key_id bytea PRIMARY KEY, wrapped bytea NOT NULL, epoch text NOT NULL,
                         period text NOT NULL);
CREATE TABLE person_tag (tag bytea, key_id bytea, PRIMARY KEY (tag, key_id));
CREATE INDEX person_tag_of_key ON person_tag (key_id);
CREATE TABLE period (name text COLLATE "C" PRIMARY KEY, is_current boolean NOT NULL);
INSERT INTO head VALUES (true, {VERSION}, 0, '');
"""  # nosec B608  # noqa: S608 -- put together from the constants above

_MUST_BE: Mapping[str, tuple[str, ...]] = {
    "fsync": ("on",),
    "full_page_writes": ("on",),
    "data_sync_retry": ("off",),
    "synchronous_commit": ("on", "remote_apply"),
    "server_encoding": ("UTF8",),
}
_WHY: Mapping[str, str] = {
    "fsync": "a power cut would take what was acknowledged.",
    "full_page_writes": "a power cut could leave pages that are half written.",
    "data_sync_retry": "after a failed write it would go on as if nothing was lost.",
    "synchronous_commit": "what is acknowledged would not be on the disk yet.",
    "server_encoding": "a checkpoint has letters that it cannot hold.",
}


async def check_safe(connection: Connection) -> None:
    """Raises UnsafeStore for a server that would not keep what it acknowledges."""
    row = await connection.fetchrow(
        "SELECT current_setting('server_version_num')::integer / 10000, pg_is_in_recovery(), pg_backend_pid(), "
        + ", ".join(f"current_setting('{name}')" for name in _MUST_BE)
    )
    version, is_standby, pid, *settings = tuple(row or ())
    if version < OLDEST_SERVER:
        raise UnsafeStore(f"It is PostgreSQL {version}: have it brought to {OLDEST_SERVER} or later.")
    if is_standby:
        raise UnsafeStore("It is a standby, which takes no entries: name the primary in broker.yaml.")
    if pid != connection.get_server_pid():
        raise UnsafeStore(
            "There is a pooler before it, which gives one connection to many: name the server itself."
        )
    for (name, allowed), found in zip(_MUST_BE.items(), settings, strict=True):
        if found not in allowed:
            raise UnsafeStore(f"{name} is {found}: {_WHY[name]} {_what_to_do(name, allowed[0])}")


def _what_to_do(name: str, value: str) -> str:
    if name == "synchronous_commit":
        return (
            "The broker set it to on, and something set it back: take away that pooler, or trigger on login."
        )
    if name == "server_encoding":
        return "Make the database anew, with: CREATE DATABASE ... ENCODING 'UTF8' TEMPLATE template0."
    return f"Set {name} = {value} in postgresql.conf, restart PostgreSQL, then start the broker again."


async def make_tables(connection: Connection) -> None:
    """Make the log's tables when there are none. Several brokers may do so at once."""
    async with connection.transaction():
        await connection.execute(f"SELECT pg_advisory_xact_lock({LOCKS}, 0)")
        if not await _has_tables(connection):
            await connection.execute(_TABLES)


async def check_version(connection: Connection) -> None:
    """Raises UnsafeStore where there is no log, or one of another version."""
    if not await _has_tables(connection):
        raise UnsafeStore("There is no audit log in it: a broker makes it at its first start.")
    version = await connection.fetchval("SELECT version FROM head")
    if version != VERSION:
        raise UnsafeStore("Its log was written by another version of the broker: use that one.")


async def new_writer(connection: Connection) -> int:
    """The id of a new writer, which lives as long as this connection holds the lock of that number."""
    writer: int = await connection.fetchval("INSERT INTO writer DEFAULT VALUES RETURNING id")
    await connection.execute(f"SELECT pg_advisory_lock({LOCKS}, {writer})")
    return writer


async def _has_tables(connection: Connection) -> bool:
    return bool(await connection.fetchval("SELECT to_regclass($1) IS NOT NULL", f"{SCHEMA}.head"))
