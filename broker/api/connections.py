"""The log of connections: what cannot even be read as HTTP is logged without being quoted.

aiohttp itself would quote it: a token of more than 8 KB, or beside one wrong byte, would stand in the log.
"""

from __future__ import annotations

import logging
from typing import Any


class NothingQuoted(logging.LoggerAdapter[logging.Logger]):
    """aiohttp's way into the log: its sentence, and of a fault only the kind."""

    def process(self, msg: Any, kwargs: Any) -> tuple[Any, Any]:
        fault = kwargs.pop("exc_info", None)
        kind = f" ({type(fault).__name__})" if isinstance(fault, BaseException) else ""
        return f"{msg}{kind}", {**kwargs, "exc_info": False}
