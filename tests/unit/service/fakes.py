"""Stand-ins for the platform, for tests of the service alone."""

import json
from collections.abc import Mapping
from typing import Any

from edgechat.model.types import LanguageModel
from service.web import Request


def request(
    method: str = "GET", path: str = "/", body: object = b"", headers: Mapping[str, str] | None = None
) -> Request:
    """A request whose body is bytes as they are, or anything else as JSON."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    given = {"content-type": "application/json"} | dict(headers or {})

    async def read(limit: int) -> bytes | None:
        return data if len(data) <= limit else None

    return Request(method, path, given, read)


class Env:
    """Bindings that may be asked for nothing but the secret."""

    session_secret = "s" * 32

    @property
    def db(self) -> Any:
        raise AssertionError("the database was asked")

    def model(self, model_id: str) -> LanguageModel:
        raise AssertionError(f"{model_id} was asked")
