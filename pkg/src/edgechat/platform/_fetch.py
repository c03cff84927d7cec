"""Requests, as they are in a Worker and in a page alike."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, closing
from typing import Any

import js
from pyodide.ffi import JsException, to_js

from edgechat.errors import APICallError
from edgechat.platform._js import headers_of, js_object
from edgechat.platform._streams import Reader


class JsResponse:
    """A JavaScript `Response` that is read as it comes in."""

    def __init__(self, response: Any) -> None:
        self._response = response
        self._reader: Reader | None = None
        self.status: int = response.status
        self.headers = headers_of(response)

    async def read(self) -> bytes | None:
        """What has come since the last read, or None at the end. Raises `APICallError` when the connection drops."""
        if self._reader is None:
            if not self._response.body:
                return None
            self._reader = Reader(self._response.body)
        try:
            return await self._reader.read()
        except JsException as error:
            raise _lost(error) from None

    async def text(self) -> str:
        try:
            return str(await self._response.text())
        except JsException as error:
            raise _lost(error) from None

    def close(self) -> None:
        """Frees what reading takes. Whoever has sent the request cancels it."""
        if self._reader:
            self._reader.close()


@asynccontextmanager
async def fetch(
    url: str,
    *,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
    credentials: str | None = None,
) -> AsyncIterator[JsResponse]:
    """Sends a request. Leaving the context before the end of the answer cancels it."""
    controller = js.AbortController.new()
    options = js_object({"method": method, "headers": headers or {}, "signal": controller.signal})
    if body is not None:
        options.body = to_js(body)
    if credentials is not None:
        options.credentials = credentials
    try:
        try:
            response = JsResponse(await js.fetch(url, options))
        except JsException as error:
            raise _lost(error) from None
        with closing(response):
            yield response
    finally:
        controller.abort()


def _lost(error: JsException) -> APICallError:
    return APICallError(f"The connection was lost: {error}")
