"""A log that cannot be read is a log that nothing goes on without."""

from __future__ import annotations

from typing import NoReturn

import pytest

from broker.api.log_readings import LogReadings
from broker.audit.reader import AuditReader
from broker.audit.stores.contract import StoreFault, UnsafeStore
from broker.errors import NotRecorded


@pytest.mark.parametrize("fault", [UnsafeStore("no log"), StoreFault("It does not answer.", "OSError")])
async def test_a_log_that_cannot_be_opened_is_told_as_one_that_cannot_be_written(fault: Exception) -> None:
    def open_log() -> AuditReader:
        raise fault

    def ask(_: AuditReader) -> NoReturn:
        raise AssertionError

    readings = LogReadings(open_log)
    with pytest.raises(NotRecorded):
        await readings.read(ask)
    assert readings.inside == 0
