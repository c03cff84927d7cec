"""`POST /api/chat`: one message in, its answer out, both saved."""

import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing
from http import HTTPStatus
from typing import Annotated, Any, Literal

import msgspec

from edgechat.generate.text import TextStream, stream_text
from edgechat.ids import generate_id
from edgechat.json import JSONDecoder
from edgechat.model.prompt import ModelMessage, UserMessage, text_of
from edgechat.model.types import LanguageModel
from edgechat.ui import chunks as ui
from edgechat.ui.convert import convert_to_model_messages
from edgechat.ui.fold import MessageFold
from edgechat.ui.messages import TextPart, UIMessage, decode_message
from service import generations
from service.history import History
from service.web import HTTPError, Request, parse, unknown_chat

log = logging.getLogger("edgechat")

MODEL = "@cf/meta/llama-3.1-8b-instruct-fp8-fast"
INSTRUCTIONS = "You are a helpful assistant. Answer briefly and to the point."
TEMPERATURE = 0.2
MAX_OUTPUT_TOKENS = 512
MAX_MESSAGE = 8_000
"""Characters of one message."""
MAX_HISTORY = 12_000
"""Characters of earlier messages that the model is told; the oldest go first."""

Id = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{1,64}$")]


class _Body(msgspec.Struct, rename="camel"):
    """Ours: `{id, message, parentId}`. The AI SDK's: `{id, messages, trigger, messageId?}`."""

    id: Id
    message: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    parent_id: Id | None = None
    messages: list[msgspec.Raw] | msgspec.UnsetType = msgspec.UNSET
    trigger: Literal["submit-message", "regenerate-message"] = "submit-message"


class _Reference(msgspec.Struct):
    id: Id
    role: Literal["system", "user", "assistant"]


_body = JSONDecoder[_Body](_Body)
_reference = JSONDecoder[_Reference](_Reference)


class Turn(msgspec.Struct):
    """What a request asks for: an answer to `message`, which follows the message `parent_id` or starts the chat."""

    chat_id: str
    message: UIMessage
    parent_id: str | None


async def read_turn(request: Request) -> Turn:
    body = await request.json(_body)
    if body.message is not msgspec.UNSET:
        return Turn(body.id, _user_message(body.message), body.parent_id)
    if body.messages is msgspec.UNSET or not body.messages:
        raise HTTPError(HTTPStatus.BAD_REQUEST, "invalid_request", "The body has neither `message` nor `messages`.")
    # The server has the conversation: of what the client sends, only the new message counts, and its place. What got no
    # answer, because it never arrived, is no part of the conversation.
    earlier = (parse(raw, _reference.decode) for raw in reversed(body.messages[:-1]))
    parent = next((message.id for message in earlier if message.role == "assistant"), None)
    return Turn(body.id, _user_message(body.messages[-1]), parent)


def _user_message(raw: msgspec.Raw) -> UIMessage:
    message = parse(raw, decode_message)
    parse(raw, _reference.decode)
    if message.role != "user":
        raise HTTPError(HTTPStatus.BAD_REQUEST, "invalid_request", "The last message must be the user's.")
    if not message.text.strip():
        raise HTTPError(HTTPStatus.BAD_REQUEST, "empty_message", "The message is empty.")
    if len(message.text) > MAX_MESSAGE:
        raise HTTPError(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            "message_too_long",
            f"The message is too long: {MAX_MESSAGE} characters are the most.",
        )
    return UIMessage(id=message.id, role="user", parts=[TextPart(text=message.text)])


async def history_of(history: History, turn: Turn) -> list[UIMessage]:
    """The conversation before the turn. A first message needs no look at the database before the model is called."""
    if turn.parent_id is None:
        return []
    messages = await history.load(turn.chat_id, turn.parent_id)
    if messages is None:
        raise unknown_chat()
    if not messages:
        raise HTTPError(
            HTTPStatus.CONFLICT, "unknown_parent", "This conversation has changed elsewhere. Reload the page to see it."
        )
    return messages


async def answer(
    model: LanguageModel, history: History, turn: Turn, messages: list[UIMessage]
) -> AsyncGenerator[list[ui.UIChunk]]:
    """Streams the answer, then saves the turn, before the stream ends: who saw its end finds it in the history."""
    stream = stream_text(
        model=model,
        instructions=INSTRUCTIONS,
        messages=[*_window(convert_to_model_messages(messages)), UserMessage(turn.message.text)],
        max_output_tokens=MAX_OUTPUT_TOKENS,
        temperature=TEMPERATURE,
    )
    message_id = generate_id()
    fold = MessageFold(UIMessage(id=message_id, role="assistant"))
    with generations.running(history.user, turn.chat_id) as generation:
        try:
            async with aclosing(stream.ui_message_stream(message_id=message_id)) as batches:
                async for batch in batches:
                    chunks = _with_figures(batch, stream)
                    for chunk in chunks:
                        fold.apply(chunk)
                    yield chunks
                    if generation.is_to_stop:
                        stream.stop()
        finally:
            if stream.error:
                log.warning("The model call of chat %s failed: %s", turn.chat_id, stream.error)
            fold.close()
            await history.save_turn(turn.chat_id, turn.parent_id, [turn.message, fold.message])


def _window(messages: list[ModelMessage]) -> list[ModelMessage]:
    """The newest messages that fit into `MAX_HISTORY`, from a message of the user on."""
    size = 0
    start = len(messages)
    for index in range(len(messages) - 1, -1, -1):
        size += len(text_of(messages[index]))
        if size > MAX_HISTORY:
            break
        if isinstance(messages[index], UserMessage):
            start = index
    return messages[start:]


def _with_figures(batch: list[ui.UIChunk], stream: TextStream[str]) -> list[ui.UIChunk]:
    """Puts the figures of the answer before its last chunk."""
    *rest, last = batch
    if isinstance(last, ui.Finish | ui.Abort):
        return [*rest, ui.Data(type="data-figures", data=_figures(stream)), last]
    return batch


def _figures(stream: TextStream[str]) -> dict[str, Any]:
    """Milliseconds, tokens, and tokens per second, as the Worker saw them."""
    timing, rate = stream.timing, stream.timing.tokens_per_second(stream.usage.output_tokens)
    return {
        "model": MODEL,
        "answeredBy": stream.last_step.response.model_id or MODEL,
        "ttftMs": None if timing.ttft is None else round(timing.ttft * 1000, 1),
        "totalMs": round(timing.total * 1000, 1),
        "tokensPerSecond": None if rate is None else round(rate, 1),
        "inputTokens": stream.usage.input_tokens,
        "outputTokens": stream.usage.output_tokens,
    }
