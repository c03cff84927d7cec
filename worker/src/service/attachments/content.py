"""What a model is told of the files in messages."""

import asyncio
import re
from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus

import msgspec

from edgechat.model.files import data_url
from edgechat.ui.messages import FilePart, TextPart, UIMessage, UIPart
from service.attachments import kinds
from service.attachments.store import Attachment, Attachments
from service.bindings import Env
from service.models import Choice
from service.settings import Files
from service.web import HTTPError

MAX_IMAGES = 6_000_000
"""Bytes of all images that one call of a model has; of earlier messages, the older ones are left out. They pass through
the memory of the isolate several times over."""

_URL = re.compile(r"/api/attachments/([A-Za-z0-9]{1,64})")
_BYTES_PER_TOKEN = 3  # of text; an estimate that is rather low
_MAX_NAME = 200


def checked_files(parts: Iterable[UIPart], limits: Files) -> list[FilePart]:
    """The files of a message that comes in. Raises a 400 for all that was not uploaded here."""
    files = [part for part in parts if isinstance(part, FilePart)]
    if len(files) > limits.per_message:
        raise HTTPError(
            HTTPStatus.BAD_REQUEST, "too_many_files", f"A message can have {limits.per_message} files at most."
        )
    for part in files:
        if not (
            _URL.fullmatch(part.url) and kinds.is_allowed(part.media_type) and len(part.filename or "") <= _MAX_NAME
        ):
            raise HTTPError(
                HTTPStatus.BAD_REQUEST,
                "invalid_file",
                "A file must be uploaded first (POST /api/attachments), and be named by the URL that it then has.",
            )
    return [FilePart(media_type=part.media_type, url=part.url, filename=part.filename) for part in files]


async def with_files(env: Env, files: Attachments, messages: Sequence[UIMessage], choice: Choice) -> list[UIMessage]:
    """The messages with what was attached to them: images as `data:` URLs, text as text.

    What the last message has must be there and be fit for the model: raises a 400 or 413 that says what is wrong. Of
    earlier messages, what cannot be told is named.
    """
    wanted = dict.fromkeys(file_id for message in messages for part in message.parts if (file_id := _id_of(part)))
    if not wanted:
        return list(messages)
    found = await files.find(list(wanted))
    _check([found.get(file_id) for part in messages[-1].parts if (file_id := _id_of(part))], choice)
    newest_first = [found[file_id] for file_id in reversed(wanted) if file_id in found]
    contents = await _contents(env, _told(newest_first, choice))
    return [
        msgspec.structs.replace(message, parts=[_told_part(part, found, contents) for part in message.parts])
        for message in messages
    ]


def _check(files: Sequence[Attachment | None], choice: Choice) -> None:
    alias, model = choice
    texts = 0
    for file in files:
        if file is None:
            raise HTTPError(
                HTTPStatus.BAD_REQUEST, "unknown_attachment", "An attached file is not there. Please attach it again."
            )
        if not kinds.is_image(file.type):
            texts += file.size
        elif not model.takes_images:
            raise HTTPError(
                HTTPStatus.BAD_REQUEST,
                "no_images",
                f"The model {alias} takes no images. Choose another one, or send the message without.",
            )
    room = (model.context - model.max_output) * _BYTES_PER_TOKEN
    if texts > room:
        raise HTTPError(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            "files_too_long",
            f"The attached text is too long for the model {alias}, which takes about {max(0, room):,} characters.",
        )


def _told(newest_first: Iterable[Attachment], choice: Choice) -> list[Attachment]:
    """Those that the model is told."""
    told = []
    room = MAX_IMAGES if choice.model.takes_images else 0
    for file in newest_first:
        if kinds.is_image(file.type):
            room -= file.size
            if room < 0:
                continue
        told.append(file)
    return told


async def _contents(env: Env, files: Sequence[Attachment]) -> dict[str, bytes]:
    """By id; what R2 does not have is left out."""

    async def read(file: Attachment) -> bytes | None:
        stored = await env.r2.get(file.key)
        return None if stored is None else bytes(await stored.arrayBuffer())

    contents = await asyncio.gather(*map(read, files))
    return {file.id: data for file, data in zip(files, contents, strict=True) if data is not None}


def _told_part(part: UIPart, found: Mapping[str, Attachment], contents: Mapping[str, bytes]) -> UIPart:
    file_id = _id_of(part)
    if file_id is None:
        return part
    file, data = found.get(file_id), contents.get(file_id)
    if file is None or data is None:
        return TextPart(text=f"[A file was attached here: {file.name if file else 'it is no longer there'}]")
    if kinds.is_image(file.type):
        return FilePart(media_type=file.type, url=data_url(file.type, data), filename=file.name)
    return TextPart(text=f"[Attached file: {file.name}]\n{data.decode(errors='replace')}\n[End of the file]")


def _id_of(part: UIPart) -> str | None:
    found = isinstance(part, FilePart) and _URL.fullmatch(part.url)
    return found[1] if found else None
