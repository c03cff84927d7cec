"""Callbacks may be sync or async."""

import inspect
from typing import Any


async def awaited(value: Any) -> Any:
    return await value if inspect.isawaitable(value) else value
