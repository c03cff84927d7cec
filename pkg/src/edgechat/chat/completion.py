"""`Completion` and `ObjectStream`: one request, one text that streams in (npm `@ai-sdk/react` 4.0.177, `use-completion`
and `use-object`)."""

import asyncio
from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any, Literal

import msgspec

from edgechat.chat.answer import AnswerError
from edgechat.chat.transport import (
    DefaultChatTransport,
    HttpChatTransport,
    Prepared,
    RequestOptions,
    Resolvable,
    SendRequest,
    TextStreamChatTransport,
    resolved,
)
from edgechat.errors import EdgeChatError, NoObjectGeneratedError
from edgechat.http import Fetch
from edgechat.partial_json import PartialJSON
from edgechat.ui import chunks as ui

type Headers = Resolvable[Mapping[str, str] | None]


def _ignore(*_: object) -> None:
    pass


def _as_given(prepared: Prepared, request: SendRequest) -> Prepared:
    prepared.body = request.options.metadata
    return prepared


class _Streamed:
    """One request at a time: the next one ends the one before."""

    def __init__(
        self,
        transport: type[HttpChatTransport],
        fetch: Fetch,
        api: str,
        headers: Headers,
        credentials: Resolvable[str | None],
        on_change: Callable[[], object],
        on_error: Callable[[EdgeChatError], object],
    ) -> None:
        self.is_loading = False
        self.error: EdgeChatError | None = None
        self._transport = transport(
            fetch, api, headers=headers, credentials=credentials, prepare_send_messages_request=_as_given
        )
        self._on_change = on_change
        self._on_error = on_error
        self._task: asyncio.Task[None] | None = None

    async def stop(self) -> None:
        """Keeps what has come."""
        if task := self._task:
            task.cancel()
            await asyncio.wait([task])

    async def _request(self, body: Any, headers: Mapping[str, str] | None, take: Callable[[str], None]) -> bool:
        """Whether it came to its end."""
        await self.stop()
        self.error, self.is_loading = None, True
        self._on_change()
        reading = self._read(RequestOptions(headers=headers or {}, metadata=body), take)
        task = self._task = asyncio.Task(reading, loop=asyncio.get_running_loop(), eager_start=True)
        try:
            await asyncio.wait([task])
        finally:
            task.cancel()  # whoever waited may have been cancelled
            if self._task is task:
                self._task, self.is_loading = None, False
        if not task.cancelled() and isinstance(error := task.exception(), EdgeChatError):
            self._on_error(error)
            self.error = error
        self._on_change()
        if task.cancelled() or self.error:
            return False
        task.result()
        return True

    async def _read(self, options: RequestOptions, take: Callable[[str], None]) -> None:
        async with self._transport.send(SendRequest(chat_id="", messages=(), options=options)) as stream:
            while (chunks := await stream.read()) is not None:
                for chunk in chunks:
                    if isinstance(chunk, ui.Error):
                        raise AnswerError(chunk.error_text)
                text = "".join(chunk.delta for chunk in chunks if isinstance(chunk, ui.TextDelta))
                if text:
                    take(text)


class Completion(_Streamed):
    """`useCompletion`: posts `{"prompt": ...}` and keeps the text that comes back in `completion`.

    `stream_protocol` is "data" for a UI message stream, "text" for plain text. `on_change` is called whenever
    `completion`, `is_loading` or `error` has changed; `on_finish` with the prompt and the whole text.
    """

    def __init__(
        self,
        fetch: Fetch,
        api: str = "/api/completion",
        *,
        stream_protocol: Literal["data", "text"] = "data",
        initial_completion: str = "",
        headers: Headers = None,
        body: Resolvable[Mapping[str, Any] | None] = None,
        credentials: Resolvable[str | None] = None,
        on_change: Callable[[], object] = _ignore,
        on_finish: Callable[[str, str], object] = _ignore,
        on_error: Callable[[EdgeChatError], object] = _ignore,
    ) -> None:
        transport = DefaultChatTransport if stream_protocol == "data" else TextStreamChatTransport
        super().__init__(transport, fetch, api, headers, credentials, on_change, on_error)
        self.completion = initial_completion
        self._body = body
        self._on_finish = on_finish

    async def complete(
        self, prompt: str, *, headers: Mapping[str, str] | None = None, body: Mapping[str, Any] | None = None
    ) -> str | None:
        """The whole text, or None if it was stopped or has failed: see `error`."""
        own = await resolved(self._body)
        given = {"prompt": prompt, **(own or {}), **(body or {})}
        self.completion = ""
        if not await self._request(given, headers, self._take):
            return None
        self._on_finish(prompt, self.completion)
        return self.completion

    def _take(self, text: str) -> None:
        self.completion += text
        self._on_change()


class ObjectStream[T](_Streamed):
    """`useObject`: posts any JSON; the text that comes back is an object, which is in `object` as far as it has come.

    In the end it is converted to `type`, as by `msgspec.convert`, or given to `validate`, which raises `ValueError`;
    `on_finish` gets the result and None, or None and the error.
    """

    def __init__(
        self,
        fetch: Fetch,
        api: str,
        *,
        type: Any = Any,
        validate: Callable[[Any], T] | None = None,
        initial_value: Any = None,
        headers: Headers = None,
        credentials: Resolvable[str | None] = None,
        on_change: Callable[[], object] = _ignore,
        on_finish: Callable[[T | None, EdgeChatError | None], object] = _ignore,
        on_error: Callable[[EdgeChatError], object] = _ignore,
    ) -> None:
        super().__init__(TextStreamChatTransport, fetch, api, headers, credentials, on_change, on_error)
        self.object = initial_value
        self._validate = validate or (lambda value: msgspec.convert(value, type))
        self._on_finish = on_finish

    async def submit(self, input: Any) -> T | None:
        """The valid object, or None if there is none: it was stopped, has failed (see `error`), or is not valid."""
        self.object = None
        partial, text = PartialJSON(), []

        def take(piece: str) -> None:
            text.append(piece)
            partial.feed(piece)
            value = None if partial.value is msgspec.UNSET else deepcopy(partial.value)
            if value != self.object:
                self.object = value
                self._on_change()

        if not await self._request(input, None, take):
            return None
        try:
            result = self._validate(self.object)
        except (ValueError, msgspec.ValidationError) as error:
            self._on_finish(None, NoObjectGeneratedError(f"The object is not valid: {error}", "".join(text)))
            return None
        self._on_finish(result, None)
        return result

    async def clear(self) -> None:
        await self.stop()
        self.object, self.error = None, None
        self._on_change()
