"""What a request to `POST /api/chat` asks for."""

import hashlib
from http import HTTPStatus
from typing import Annotated, Literal

import msgspec

from edgechat.ids import generate_id
from edgechat.json import JSONDecoder
from edgechat.ui.messages import TextPart, UIMessage, decode_message
from service.attachments import checked_files
from service.settings import Limits
from service.web import HTTPError, Request, parse

Id = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{1,64}\Z")]


class _Body(msgspec.Struct, rename="camel"):
    """Ours: `{id, message, parentId, trigger?, model?}`. The AI SDK's: `{id, messages, trigger, messageId?}`.

    If the message is an answer, this one is to go on.
    """

    id: Id
    message: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    parent_id: Id | None = None
    messages: list[msgspec.Raw] = []
    trigger: Literal["submit-message", "regenerate-message"] = "submit-message"
    model: str | None = None


class _Reference(msgspec.Struct):
    id: Id
    role: Literal["system", "user", "assistant"]


_body = JSONDecoder[_Body](_Body)
_reference = JSONDecoder[_Reference](_Reference)


class Turn(msgspec.Struct):
    """An answer is wanted to `message`, which follows the message `parent_id` or starts the chat.

    Without a message, the answer `parent_id` is to go on: it was stopped, or broke off.
    """

    chat_id: str
    message: UIMessage | None
    parent_id: str | None
    is_again: bool
    """Another answer than the one it has got."""
    model: str | None
    """By its alias or its id; None is the default."""

    def new_answer_id(self, user_id: str) -> str:
        """The same for the same question, so that even two Workers that know nothing of each other save one answer."""
        if self.message is None or self.is_again:
            return generate_id()
        return hashlib.sha256(f"{user_id}\0{self.chat_id}\0{key_of(self.message)}".encode()).hexdigest()[:24]


def key_of(message: UIMessage) -> str:
    """The same for the same message, word for word."""
    return f"{message.id}:{hashlib.sha256(msgspec.json.encode(message.parts)).hexdigest()[:16]}"


async def read_turn(request: Request, limits: Limits) -> Turn:
    body = await request.json(_body)
    last, parent_id = body.message, body.parent_id
    if last is msgspec.UNSET:
        if not body.messages:
            raise HTTPError(HTTPStatus.BAD_REQUEST, "invalid_request", "The body has neither `message` nor `messages`.")
        # The server has the conversation: of what the client sends, only the last message counts, and its place. What
        # got no answer, because it never arrived, is no part of the conversation.
        *earlier, last = body.messages
        before = (parse(raw, _reference.decode) for raw in reversed(earlier))
        parent_id = next((message.id for message in before if message.role == "assistant"), None)
    named = parse(last, _reference.decode)
    if named.role == "assistant":  # the server has the rest of it
        return Turn(body.id, None, named.id, is_again=False, model=body.model)
    is_again = body.trigger == "regenerate-message"
    return Turn(body.id, _user_message(last, limits), parent_id, is_again, body.model)


def _user_message(raw: msgspec.Raw, limits: Limits) -> UIMessage:
    message = parse(raw, decode_message)
    if message.role != "user":
        raise HTTPError(
            HTTPStatus.BAD_REQUEST,
            "invalid_request",
            "The last message must be the user's, or an answer that is to go on.",
        )
    files = checked_files(message.parts, limits.files)
    text = message.text
    if not text.strip() and not files:
        raise HTTPError(HTTPStatus.BAD_REQUEST, "empty_message", "The message is empty.")
    if len(text) > limits.message_characters:
        raise HTTPError(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            "message_too_long",
            f"The message is too long: {limits.message_characters} characters are the most.",
        )
    return UIMessage(id=message.id, role="user", parts=[*files, *([TextPart(text=text)] if text else [])])
