"""Limits that are quickly reached, for tests."""

from typing import Any

import msgspec

from service.settings import Limits, read_limits

TIER = {"messages": 5, "tokens": 1000, "files": 2, "file_bytes": 1000}
SMALL = {"id": "@cf/a/small", "context": 8000, "max_output": 256, "price": {"input": 0.5, "output": 2.0}}
LARGE = {"id": "@cf/a/large", "context": 32000, "max_output": 1024, "takes_images": True}
OLD = {"id": "@cf/a/old", "context": 8000, "max_output": 256, "is_retired": True}


def variable(**changes: Any) -> dict[str, Any]:
    return {
        "dollars": 1,
        "message_characters": 1000,
        "history_characters": 1000,
        "guest": TIER | {"models": ["small"]},
        "user": TIER | {"models": ["large", "small", "old"]},
        "files": {"image_bytes": 1000, "text_bytes": 100, "per_message": 2},
        "models": {"small": SMALL, "large": LARGE, "old": OLD},
    } | changes


def limits(**changes: Any) -> Limits:
    return read_limits(msgspec.json.encode(variable(**changes)).decode())
