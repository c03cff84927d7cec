"""Conversations in which other models took what this one does not."""

from collections.abc import Sequence

import msgspec

from edgechat.errors import InvalidArgumentError, UnsupportedFunctionalityError
from edgechat.model.prompt import FilePart, ModelMessage, TextPart, UserMessage
from edgechat.model.types import API, ModelCall, ModelRequest

_REFUSALS = (UnsupportedFunctionalityError, InvalidArgumentError)


def build_request(api: API, call: ModelCall) -> ModelRequest:
    """As `api.build`, but a file of an earlier turn that the provider cannot take is only named, with a warning. One of
    this turn is an error: who has attached it asks about it, and another model may take it."""
    try:
        return api.build(call)
    except _REFUSALS:
        warnings: list[str] = []
        told = _told(api, call.messages, warnings)
        if not warnings:
            raise
        request = api.build(msgspec.structs.replace(call, messages=told))
        return msgspec.structs.replace(request, warnings=[*request.warnings, *warnings])


def _told(api: API, messages: Sequence[ModelMessage], warnings: list[str]) -> list[ModelMessage]:
    users = [at for at, message in enumerate(messages) if isinstance(message, UserMessage)]
    told = list(messages)
    for at in users[:-1]:
        message = messages[at]
        if isinstance(message, UserMessage) and not isinstance(message.content, str):
            content = [_named(api, part, warnings) if isinstance(part, FilePart) else part for part in message.content]
            told[at] = msgspec.structs.replace(message, content=content)
    return told


def _named(api: API, part: FilePart, warnings: list[str]) -> FilePart | TextPart:
    """A call with nothing else tells whether the provider takes it."""
    try:
        api.build(ModelCall(messages=[UserMessage([part])]))
    except _REFUSALS as error:
        name = part.filename or part.media_type
        warnings.append(f"The file {name} of an earlier message is left out: {error}")
        return TextPart(text=f"[A file was attached here: {name}]")
    return part
