"""Answers of the Messages API as parts (npm `@ai-sdk/anthropic` 4.0.105, `doStream`)."""

import msgspec

from edgechat.errors import APICallError, StreamFormatError
from edgechat.model.anthropic import events
from edgechat.model.anthropic.content import Content
from edgechat.model.anthropic.errors import stream_error
from edgechat.model.anthropic.metadata import MessageMetadata
from edgechat.model.parts import Custom, Error, Finish, ModelPart, ResponseMetadata, Usage
from edgechat.sse import SSEDecoder


class AnthropicDecoder:
    """Parts of one answer. Blocks of text and reasoning have their index as id.

    An answer that is cut off ends as "interrupted", and without a `Finish` where there was no output or an error.
    """

    def __init__(self, content: Content) -> None:
        self._sse = SSEDecoder()
        self._content = content
        self._metadata = MessageMetadata()
        self._message: events.Message | None = None
        self._finish: Finish | None = None
        self._has_begun = False
        self._has_failed = False
        self._is_broken = False

    def feed(self, data: bytes) -> list[ModelPart]:
        parts: list[ModelPart] = []
        if self._is_broken:
            return parts
        try:
            for event in self._sse.feed(data):
                if event.data != "[DONE]":
                    self._read(event.data, parts)
        except StreamFormatError as error:  # what follows would make no sense
            self._is_broken = True
            self._fail(error, parts)
        self._has_begun = self._has_begun or bool(parts)
        return parts

    def close(self) -> list[ModelPart]:
        if self._has_failed or not self._content.has_output:
            return []
        if self._finish is None:
            return [Finish("interrupted", Usage(is_estimated=True))]
        return [Finish("interrupted", self._finish.usage, provider_metadata=self._finish.provider_metadata)]

    def _read(self, data: str, parts: list[ModelPart]) -> None:
        try:
            event = events.decoder.decode(data)
            if isinstance(event, events.BlockDelta):
                self._content.delta(event.index, event.delta, parts)
            elif isinstance(event, events.BlockStart):
                self._content.start(event.index, event.content_block, parts)
            elif isinstance(event, events.BlockStop):
                self._content.stop(event.index, parts)
            elif isinstance(event, events.MessageStart):
                self._start(event.message, parts)
            elif isinstance(event, events.MessageDelta):
                self._metadata.change(event)
            elif isinstance(event, events.MessageStop):
                self._stop(parts)
            elif isinstance(event, events.ErrorEvent):
                self._fail(stream_error(event.error), parts)
        except msgspec.DecodeError as error:
            self._fail(StreamFormatError(f"Anthropic sent an event that cannot be read: {error}"), parts)

    def _start(self, message: events.Message, parts: list[ModelPart]) -> None:
        if self._message:
            if self._message.id == message.id:
                return
            raise StreamFormatError(
                f"Anthropic began the message {message.id!r} before the message {self._message.id!r} was complete."
            )
        self._metadata.start(message)
        self._message = message
        details = {"id": message.id, "model": message.model, "usage": message.usage}
        parts.append(ResponseMetadata(message.id, message.model))
        parts.append(Custom("anthropic.message_start", {"anthropic": details}))
        self._content.begin(message.content or [], parts)

    def _stop(self, parts: list[ModelPart]) -> None:
        self._message = None
        self._content.end(parts, goes_on=self._metadata.stop_reason in ("pause_turn", "tool_use"))
        self._finish = self._metadata.finish(is_json_answer=self._content.is_json_answer)
        parts.append(self._finish)

    def _fail(self, error: Exception, parts: list[ModelPart]) -> None:
        """An error before any output fails the call, which may then be tried again."""
        if self._has_begun or parts:
            self._has_failed = True
            parts.append(Error(error))
        elif isinstance(error, APICallError):
            raise error
        else:
            raise APICallError(str(error), is_retryable=False) from error
