"""On CPython: requests by httpx. Install `edgechat[host]`."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import httpx

from edgechat.errors import APICallError


class HttpxResponse:
    """An httpx response that is read as it comes in."""

    def __init__(self, response: httpx.Response) -> None:
        self._response = response
        self._chunks = response.aiter_bytes()
        self.status = response.status_code
        self.headers: Mapping[str, str] = response.headers

    async def read(self) -> bytes | None:
        """What has come since the last read, or None at the end. Raises `APICallError` when the connection drops."""
        try:
            return await anext(self._chunks, None)
        except httpx.HTTPError as error:
            raise APICallError(f"The connection was lost: {error}") from None

    async def text(self) -> str:
        await self._response.aread()
        return self._response.text


class Fetch:
    """Sends requests by one httpx client, which the caller closes."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    @asynccontextmanager
    async def __call__(
        self, url: str, *, method: str = "GET", headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> AsyncIterator[HttpxResponse]:
        """Sends a request. Leaving the context before the end of the answer cancels it."""
        try:
            response = await self._client.send(
                self._client.build_request(method, url, headers=headers, content=body), stream=True
            )
        except httpx.HTTPError as error:
            raise APICallError(f"{url} could not be reached: {error}") from None
        try:
            yield HttpxResponse(response)
        finally:
            await response.aclose()
