"""Littleworth, for the laws: each test says which rows its sources hold."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.littleworth import Littleworth, littleworth

Start = Callable[..., Awaitable[Littleworth]]


@pytest.fixture
async def start(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Start]:
    """Starts a Littleworth, each time in a directory of its own unless one is given; all end with the test."""
    async with AsyncExitStack() as running:

        async def starts(rows: Any = None, *, directory: Path | None = None, **changed: Any) -> Littleworth:
            where = directory or tmp_path_factory.mktemp("littleworth")
            return await running.enter_async_context(littleworth(where, rows, **changed))

        yield starts
