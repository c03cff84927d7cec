"""What the service uses of its bindings (`wrangler.toml`), as workers-runtime-sdk presents them."""

from collections.abc import Sequence
from typing import Any, Protocol

from edgechat.model.types import LanguageModel


class D1Statement(Protocol):
    def bind(self, *values: str | int | float | None) -> "D1Statement": ...

    async def first(self, column: str) -> Any:
        """A column of the first row, or None."""
        ...


class D1Database(Protocol):
    def prepare(self, query: str) -> D1Statement: ...

    async def batch(self, statements: Sequence[D1Statement]) -> Any:
        """One transaction: all statements, or none."""
        ...


class Env(Protocol):
    """The bindings of one request."""

    @property
    def db(self) -> D1Database: ...

    def model(self, model_id: str) -> LanguageModel: ...

    @property
    def session_secret(self) -> str: ...
