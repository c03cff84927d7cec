"""Small JSON documents of other servers."""

import asyncio
from collections.abc import Mapping

import msgspec

from edgechat.errors import APICallError
from edgechat.http import Fetch
from edgechat.json import JSONDecoder

TIMEOUT = 5
"""Seconds for the whole answer."""

MAX_SIZE = 256 * 1024


class UnavailableError(Exception):
    """A server that is needed cannot be reached, or answers with something else."""


async def get_json[T](
    fetch: Fetch,
    url: str,
    decoder: JSONDecoder[T],
    *,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
) -> T:
    """Raises `UnavailableError`."""
    data = b""
    try:
        async with asyncio.timeout(TIMEOUT), fetch(url, method=method, headers=headers, body=body) as response:
            if response.status != 200:
                raise UnavailableError(f"{url} answered with status {response.status}")
            while (piece := await response.read()) is not None:
                data += piece
                if len(data) > MAX_SIZE:
                    raise UnavailableError(f"{url} answered with more than {MAX_SIZE} bytes")
        return decoder.decode(data)
    except (APICallError, TimeoutError) as error:
        raise UnavailableError(f"{url} did not answer: {error or 'timeout'}") from None
    except msgspec.DecodeError as error:
        raise UnavailableError(f"{url} answered with something else: {error}") from None
