"""A network that answers what a test wants."""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

import msgspec

from edgechat.testing.script import FakeClock, Player, Script, Sleep, Wait, drop


class FakeRequest(msgspec.Struct, frozen=True):
    url: str
    method: str = "GET"
    headers: Mapping[str, str] = {}
    body: bytes | None = None

    def json(self) -> Any:
        return msgspec.json.decode(self.body or b"null")


type BodyStep = str | bytes | Wait | Exception


class HTTPAnswer:
    """`HTTPAnswer(b"data: 1\\n\\n", wait(2), b"data: [DONE]\\n\\n", headers={"content-type": "text/event-stream"})`.

    Each step of the body is what one read gives; an exception is raised by it, such as `drop()`. `drop_after` cuts the
    connection after so many bytes.
    """

    def __init__(
        self,
        *body: BodyStep,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        drop_after: int | None = None,
    ) -> None:
        self.body = body
        self.status = status
        self.headers = {name.lower(): value for name, value in (headers or {}).items()}
        self.drop_after = drop_after


type FetchAnswer = BodyStep | HTTPAnswer


class FakeFetch(Script[FakeRequest, FetchAnswer]):
    """A `Fetch` with an answer for each request; an exception as an answer stands for a server out of reach.

    An answer may be a function of the `FakeRequest`; as the last one it answers all further requests, which else raise
    `AssertionError`.
    """

    def __init__(
        self, *answers: FetchAnswer | Callable[[FakeRequest], FetchAnswer], clock: FakeClock | None = None
    ) -> None:
        super().__init__("The network", answers, clock)

    @property
    def requests(self) -> list[FakeRequest]:
        return self.calls

    def __call__(
        self, url: str, *, method: str = "GET", headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> "AbstractAsyncContextManager[FakeResponse]":
        return self._play(FakeRequest(url, method, dict(headers or {}), body), self._respond)

    def _respond(self, answer: FetchAnswer) -> "FakeResponse":
        return FakeResponse(answer if isinstance(answer, HTTPAnswer) else HTTPAnswer(answer), self.clock.sleep)


class ByPieces(Protocol):
    """A `FetchResponse` whose text is what is read of it."""

    async def read(self) -> bytes | None: ...

    async def text(self) -> str:
        pieces: list[bytes] = []
        while (piece := await self.read()) is not None:
            pieces.append(piece)
        return b"".join(pieces).decode(errors="replace")


class FakeResponse(Player[bytes], ByPieces):
    """A `FetchResponse`."""

    def __init__(self, answer: HTTPAnswer, sleep: Sleep) -> None:
        steps = [step.encode() if isinstance(step, str) else step for step in answer.body]
        super().__init__(steps if answer.drop_after is None else _cut(steps, answer.drop_after), sleep)
        self.status = answer.status
        self.headers: Mapping[str, str] = answer.headers

    async def json(self) -> Any:
        return msgspec.json.decode(await self.text())


def _cut(steps: list[bytes | Wait | Exception], size: int) -> list[bytes | Wait | Exception]:
    kept: list[bytes | Wait | Exception] = []
    for step in steps:
        if isinstance(step, bytes):
            if len(step) >= size:
                kept += [step[:size]] if size else []
                break
            size -= len(step)
        kept.append(step)
    return [*kept, drop()]
