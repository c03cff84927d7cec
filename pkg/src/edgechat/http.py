"""What the core asks of a platform: requests whose answers are read as they come in."""

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from typing import Protocol


class FetchResponse(Protocol):
    """An answer that has begun."""

    @property
    def status(self) -> int: ...

    @property
    def headers(self) -> Mapping[str, str]:
        """Names in lower case."""
        ...

    async def read(self) -> bytes | None:
        """What has come since the last read, or None at the end. Raises `APICallError` when the connection drops."""
        ...

    async def text(self) -> str:
        """The whole of it, for what was not read yet."""
        ...


class Fetch(Protocol):
    """`edgechat.platform.cloudflare.fetch`, `edgechat.platform.browser.fetch`, or `edgechat.platform.host.Fetch`.

    Leaving the context before the end of the answer cancels the request. `credentials` says to a browser when cookies
    go with it: "omit", "same-origin" (None) or "include"; elsewhere it means nothing.
    """

    def __call__(
        self,
        url: str,
        *,
        method: str = ...,
        headers: Mapping[str, str] | None = ...,
        body: bytes | None = ...,
        credentials: str | None = ...,
    ) -> AbstractAsyncContextManager[FetchResponse]: ...
