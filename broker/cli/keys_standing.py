"""What ``broker keys status`` says of destruction: clear facts of the log alone, by ids."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from datetime import datetime
from typing import Any

from broker.audit.destroying.refusing import refusals_of_epoch
from broker.audit.destroying.standing import certificates, holds, proposals
from broker.audit.destroying.statement import FRESH
from broker.audit.keys import Keys
from broker.audit.stores.contract import Store, StoreFault, UnsafeStore
from broker.cli.printing import Exit, give_up, table
from broker.log_place import log_place
from broker.settings import Partnership


def destruction(of: Partnership, ours: Keys, now: datetime) -> Mapping[str, Any]:
    """Holds, proposals, certificates, and why each epoch may not be destroyed yet; none without a log."""
    try:
        store = log_place(of).open_to_read()
    except UnsafeStore:
        return {"holds": [], "proposals": [], "destroyed": [], "kept_because": {}}
    try:
        with closing(store):
            return _told(of, store, ours, now)
    except StoreFault as fault:
        give_up(f"The audit log cannot be read. {fault}", Exit.UNREACHABLE)


def _told(of: Partnership, store: Store, ours: Keys, now: datetime) -> Mapping[str, Any]:
    keep_for = of.settings.audit.retention.keep_for
    return {
        "holds": [
            {"hold": one.id, "since": one.at.isoformat(), "of": one.what, "names": list(one.names)}
            for one in holds(store, ours)
        ],
        "proposals": [
            {
                "proposal": one.id,
                "what": one.what,
                "names": list(one.names),
                "lapses": (one.at + FRESH).isoformat(),
            }
            for one in proposals(store, ours)
            if now - one.at <= FRESH
        ],
        "destroyed": [
            {"certificate": one.index, "at": one.at.isoformat(), "what": one.what, "names": list(one.names)}
            for one in certificates(store, ours)
        ],
        "kept_because": {
            one.name: list(refusals_of_epoch(one.name, store, ours, keep_for, now))
            for one in ours.ring.epochs
        },
    }


def show(told: Mapping[str, Any]) -> None:
    """As tables, where there is any."""
    titles = {
        "holds": ("Holds that stand", "hold", "since", "of"),
        "proposals": ("Proposals that wait for a second person", "proposal", "lapses", "what"),
        "destroyed": ("Destroyed", "certificate", "at", "what"),
    }
    for name, (title, first, at, of) in titles.items():
        if told[name]:
            rows = [[str(one[first]), one[at][:10], one[of], "\n".join(one["names"])] for one in told[name]]
            table(title, [first.capitalize(), at.capitalize(), of.capitalize(), "Names"], rows)
    for epoch in [name for name, because in told["kept_because"].items() if not because]:
        table(None, ["May be destroyed now"], [[f"epoch {epoch}: broker keys destroy-epoch {epoch}"]])
