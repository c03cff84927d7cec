"""What the service uses of its bindings (`wrangler.toml`), as workers-runtime-sdk presents them."""

from collections.abc import Coroutine, Mapping, Sequence
from typing import Any, Protocol

from edgechat.http import Fetch
from edgechat.model.speech import SpeechModel, TranscriptionModel
from edgechat.model.types import LanguageModel
from edgechat.routing import Classifier
from service.outcome import Outcome
from service.settings import Limits, Routing
from service.tape import Order


class D1Statement(Protocol):
    def bind(self, *values: str | int | float | None) -> "D1Statement": ...

    async def first(self, column: str) -> Any:
        """A column of the first row, or None."""
        ...

    async def all(self) -> Any:
        """`{results}`: the rows as dicts."""
        ...


class D1Session(Protocol):
    """A database, or a session of it whose reads see what was written before."""

    def prepare(self, query: str) -> D1Statement: ...

    async def batch(self, statements: Sequence[D1Statement]) -> Any:
        """One transaction: all statements, or none. For each its `{results}`."""
        ...


class D1BookmarkSession(D1Session, Protocol):
    def getBookmark(self) -> str | None:  # noqa: N802
        """What the next session has to see; None before the first query."""
        ...


class D1Database(D1Session, Protocol):
    def withSession(self, constraint: str) -> D1BookmarkSession:  # noqa: N802
        """By a bookmark, or "first-primary"."""
        ...


class KVNamespace(Protocol):
    async def get(self, key: str) -> str | None: ...

    async def put(self, key: str, value: str, *, expirationTtl: int) -> None:  # noqa: N803
        """Kept for so many seconds, 60 or more. Raises when the key was written less than a second ago."""
        ...

    async def delete(self, key: str) -> None: ...

    async def list(self, *, prefix: str, cursor: str = ...) -> Any:
        """`{keys: [{name}], list_complete, cursor}`, at most 1000 of them."""
        ...


class R2Bucket(Protocol):
    async def put(self, key: str, value: bytes) -> Any: ...

    async def get(self, key: str) -> Any:
        """An object to be read by `await arrayBuffer()`, or None."""
        ...

    async def delete(self, keys: list[str]) -> None:
        """At most 1000 of them."""
        ...

    async def list(self, *, prefix: str) -> Any:
        """`{objects, truncated}`: objects with a `key`, at most 1000 of them, in the order of their keys."""
        ...


class RateLimiter(Protocol):
    async def limit(self, options: Mapping[str, str]) -> Any:
        """`{success}`: false when there are too many of one `key`."""
        ...


class Verify(Protocol):
    """Whether the data have this signature, of the key and by the algorithm (RS256 or ES256: r and s) of a JWK."""

    async def __call__(self, alg: str, jwk: Mapping[str, str], signature: bytes, data: bytes) -> bool: ...


class Tape(Protocol):
    """The tape of one conversation, which is elsewhere: see `service.tape.Tape`."""

    async def begin(self, announcement: str, waits: bool) -> Mapping[str, Any]: ...

    async def append(self, id: int, first_seq: int, data: bytes) -> Order: ...

    async def watch(self, id: int) -> Order: ...

    async def finish(self, id: int, outcome: Outcome, first_seq: int, data: bytes, is_saved: bool) -> bool: ...

    async def discard(self, id: int) -> None: ...

    async def running(self) -> str | None: ...

    async def stop(self) -> bool: ...

    async def forget(self) -> None: ...

    async def follow(self, cursor: int | None = None, id: int | None = None) -> Any:
        """A stream of the platform, as in `web.Stream`. None if there is nothing to follow."""
        ...


class Env(Protocol):
    """The bindings of one request."""

    @property
    def db(self) -> D1Database: ...

    @property
    def kv(self) -> KVNamespace: ...

    @property
    def r2(self) -> R2Bucket: ...

    @property
    def burst(self) -> RateLimiter | None:
        """None where there is no such binding."""
        ...

    @property
    def limits(self) -> Limits: ...

    @property
    def routing(self) -> Routing | None:
        """None where nothing is routed."""
        ...

    @property
    def classifier(self) -> Classifier:
        """Says which requests need a central model."""
        ...

    @property
    def fetch(self) -> Fetch: ...

    @property
    def verify(self) -> Verify: ...

    def var(self, name: str) -> str | None:
        """A variable or a secret, if it is set."""
        ...

    def model(self, model_id: str) -> LanguageModel: ...

    def transcription(self, model_id: str) -> TranscriptionModel: ...

    def voice(self, model_id: str) -> SpeechModel: ...

    def tape(self, user_id: str, chat_id: str) -> Tape | None:
        """None where there is no such binding."""
        ...

    def wait_until(self, work: Coroutine[Any, Any, None]) -> None:
        """Starts work that goes on when the request has been answered, or its client has gone."""
        ...

    @property
    def session_secret(self) -> str: ...
