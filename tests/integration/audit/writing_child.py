"""A broker's log under load, in a process that may be killed: prints index and leaf hash of what is acknowledged.

Run with a directory, and with how large a file may grow (bytes) to have the disk end there.
"""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import sys
from pathlib import Path

from broker.audit.log import AuditLog, LogUnavailable
from tests.unit.audit.audit_samples import closed, disclosure, intent, open_log


async def ask_for_ever(log: AuditLog, clerk: int) -> None:
    number = 0
    while True:
        query_id = f"q-{os.getpid()}-{clerk}-{number}"
        for event in (intent(query_id), disclosure(query_id), closed(query_id)):
            receipt = await log.record(event)
            sys.stdout.write(f"{receipt.index} {receipt.leaf_hash}\n")
            sys.stdout.flush()
        number += 1


async def main(directory: Path) -> None:
    log = await open_log(directory)
    asking = [ask_for_ever(log, clerk) for clerk in range(16)]
    outcomes = await asyncio.gather(*asking, return_exceptions=True)
    refused = all(isinstance(outcome, LogUnavailable) for outcome in outcomes)
    await log.close()
    sys.stdout.write(f"healthy {log.healthy} refused {refused}\n")


if __name__ == "__main__":
    if len(sys.argv) > 2:  # a third word is the limit
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        limit = int(sys.argv[2])
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    asyncio.run(main(Path(sys.argv[1])))
