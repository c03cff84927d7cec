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

Id = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{1,64}$")]


class _Body(msgspec.Struct, rename="camel"):
    """Ours: `{id, message, parentId, trigger?, model?}`. The AI SDK's: `{id, messages, trigger, messageId?}`."""

    id: Id
    message: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    parent_id: Id | None = None
    messages: list[msgspec.Raw] | msgspec.UnsetType = msgspec.UNSET
    trigger: Literal["submit-message", "regenerate-message"] = "submit-message"
    model: str | None = None


class _Reference(msgspec.Struct):
    id: Id
    role: Literal["system", "user", "assistant"]


_body = JSONDecoder[_Body](_Body)
_reference = JSONDecoder[_Reference](_Reference)


class Turn(msgspec.Struct):
    """An answer is wanted to `message`, which follows the message `parent_id` or starts the chat."""

    chat_id: str
    message: UIMessage
    parent_id: str | None
    is_again: bool
    """Another answer than the one it has got."""
    model: str | None
    """By its alias or its id; None is the default."""

    @property
    def key(self) -> str:
        """The same for the same message, word for word."""
        return f"{self.message.id}:{hashlib.sha256(msgspec.json.encode(self.message.parts)).hexdigest()[:16]}"

    def new_answer_id(self, user_id: str) -> str:
        """The same for the same question, so that even two Workers that know nothing of each other save one answer."""
        if self.is_again:
            return generate_id()
        return hashlib.sha256(f"{user_id}\0{self.chat_id}\0{self.key}".encode()).hexdigest()[:24]


async def read_turn(request: Request, limits: Limits) -> Turn:
    body = await request.json(_body)
    is_again = body.trigger == "regenerate-message"
    if body.message is not msgspec.UNSET:
        return Turn(body.id, _user_message(body.message, limits), body.parent_id, is_again, body.model)
    if body.messages is msgspec.UNSET or not body.messages:
        raise HTTPError(HTTPStatus.BAD_REQUEST, "invalid_request", "The body has neither `message` nor `messages`.")
    # The server has the conversation: of what the client sends, only the new message counts, and its place. What got no
    # answer, because it never arrived, is no part of the conversation.
    earlier = (parse(raw, _reference.decode) for raw in reversed(body.messages[:-1]))
    parent = next((message.id for message in earlier if message.role == "assistant"), None)
    return Turn(body.id, _user_message(body.messages[-1], limits), parent, is_again, body.model)


def _user_message(raw: msgspec.Raw, limits: Limits) -> UIMessage:
    message = parse(raw, decode_message)
    parse(raw, _reference.decode)
    if message.role != "user":
        raise HTTPError(HTTPStatus.BAD_REQUEST, "invalid_request", "The last message must be the user's.")
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
