"""Limits that are quickly reached, and what they need."""

from collections.abc import Mapping
from typing import Any

import fakes
import msgspec

from edgechat.testing import FakeR2
from service.settings import Limits, read_limits

TIER = {"messages": 5, "tokens": 1000, "files": 2, "file_bytes": 1000}
SMALL = {"id": "@cf/a/small", "context": 8000, "max_output": 256, "price": {"input": 0.5, "output": 2.0}}
LARGE = {"id": "@cf/a/large", "context": 32000, "max_output": 1024, "takes_images": True}
OLD = {"id": "@cf/a/old", "context": 8000, "max_output": 256, "is_retired": True}


def variable(**changes: Any) -> dict[str, Any]:
    return {
        "dollars": 1,
        "message_characters": 1000,
        "history_tokens": 1000,
        "guest": TIER | {"models": ["small"]},
        "user": TIER | {"models": ["large", "small", "old"]},
        "files": {"image_bytes": 1000, "text_bytes": 100, "per_message": 2},
        "models": {"small": SMALL, "large": LARGE, "old": OLD},
    } | changes


def limits(**changes: Any) -> Limits:
    return read_limits(msgspec.json.encode(variable(**changes)).decode())


class Bursts:
    """A rate limiter that lets `room` of each key pass."""

    def __init__(self, room: int = 1000) -> None:
        self.room = room
        self.keys: list[str] = []
        self.error: Exception | None = None

    async def limit(self, options: Mapping[str, str]) -> Any:
        if self.error:
            raise self.error
        self.keys.append(options["key"])
        return {"success": self.keys.count(options["key"]) <= self.room}


class Bucket(FakeR2):
    """Whose objects have a stream: here, themselves."""

    async def get(self, key: str, options: Any = None, **more: Any) -> Any:
        found = await super().get(key, options, **more)
        if found:
            found.body = found
        return found


class Env(fakes.Env):
    def __init__(self, **changes: Any) -> None:
        self._db = fakes.database()
        self._r2 = Bucket()
        self._limits = limits(**changes)
        self.bursts: Bursts | None = Bursts()

    @property
    def db(self) -> Any:
        return self._db

    @property
    def r2(self) -> Any:
        return self._r2

    @property
    def burst(self) -> Any:
        return self.bursts

    @property
    def limits(self) -> Limits:
        return self._limits
