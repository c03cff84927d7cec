"""Times as the stores have them."""

import time
from datetime import UTC, datetime


def now() -> int:
    """Milliseconds since 1970."""
    return int(time.time() * 1000)


def day_of(milliseconds: float) -> str:
    """Such as "2026-11-23", UTC."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC).strftime("%Y-%m-%d")
