"""What a broker leaves behind in this process, from the beginning of a test on."""

from __future__ import annotations

import logging

import pytest

from tests.canaries.trail import Trail


@pytest.fixture
def trail(caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> Trail:
    """Nothing yet: the log is kept from DEBUG on."""
    caplog.set_level(logging.DEBUG)
    return Trail(caplog, capfd)
