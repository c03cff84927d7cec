"""What the service uses of its bindings (`wrangler.toml`), as workers-runtime-sdk presents them."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from edgechat.http import Fetch
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


class KVNamespace(Protocol):
    async def get(self, key: str) -> str | None: ...

    async def put(self, key: str, value: str, *, expirationTtl: int) -> None:  # noqa: N803
        """Kept for so many seconds, 60 or more. Raises when the key was written less than a second ago."""
        ...


class Verify(Protocol):
    """Whether the data have this signature, of the key and by the algorithm (RS256 or ES256: r and s) of a JWK."""

    async def __call__(self, alg: str, jwk: Mapping[str, str], signature: bytes, data: bytes) -> bool: ...


class Env(Protocol):
    """The bindings of one request."""

    @property
    def db(self) -> D1Database: ...

    @property
    def kv(self) -> KVNamespace: ...

    @property
    def fetch(self) -> Fetch: ...

    @property
    def verify(self) -> Verify: ...

    def var(self, name: str) -> str | None:
        """A variable or a secret, if it is set."""
        ...

    def model(self, model_id: str) -> LanguageModel: ...

    @property
    def session_secret(self) -> str: ...
