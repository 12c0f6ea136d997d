"""What the documentation says of faults is what the tests hold to be true."""

from __future__ import annotations

import inspect

from tests.faults import test_what_is_around_breaks
from tests.faults.page import PAGE, page
from tests.faults.rows import AROUND


def test_the_page_of_faults_is_written_from_the_rows() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run: make faults-page"


def test_each_fault_of_what_is_shared_is_looked_at_by_a_test() -> None:
    tests = inspect.getsource(test_what_is_around_breaks)
    assert [name for name in AROUND if f'AROUND["{name}"]' not in tests] == []
