"""What a model is told of the files in messages."""

import asyncio
import re
from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus

import msgspec

from edgechat.model.files import data_url
from edgechat.ui.messages import FilePart, TextPart, UIMessage, UIPart
from service.attachments import kinds
from service.attachments.store import Attachment, Attachments, megabytes
from service.bindings import Env
from service.models import Choice
from service.objects import read_object
from service.settings import Files
from service.web import HTTPError

MAX_IMAGES = 6_000_000
"""Bytes of all images in one call of a model: they pass through the memory of the isolate several times over."""

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
    earlier messages, what cannot be told, or was told already, is only named.
    """
    newest_first = dict.fromkeys(file_id for message in reversed(messages) for file_id in _ids(message))
    if not newest_first:
        return list(messages)
    found = await files.find(list(newest_first))
    room = _Room(choice, env.limits.history_tokens)
    for file_id in _ids(messages[-1]):
        room.require(found.get(file_id))
    told = [found[file_id] for file_id in newest_first if file_id in found and room.has(found[file_id])]
    contents = await _contents(env, told)
    result = []
    for message in reversed(messages):
        parts = [_told(part, found, contents) for part in message.parts]
        result.append(msgspec.structs.replace(message, parts=parts))
    return result[::-1]


class _Room:
    """What one call of a model can be told of files."""

    def __init__(self, choice: Choice, history_tokens: int) -> None:
        self._alias, model = choice
        self._takes_images = model.takes_images
        self._most_text = max(0, model.context - model.max_output - history_tokens) * _BYTES_PER_TOKEN
        self._texts = 0
        self._images = 0
        self._told: set[str] = set()

    def has(self, file: Attachment) -> bool:
        """Whether the file has room beside those before; then it takes it."""
        if file.id in self._told:
            return True
        texts, images = self._texts, self._images
        if kinds.is_image(file.type):
            images += file.size
        else:
            texts += file.size
        if texts > self._most_text or images > (MAX_IMAGES if self._takes_images else 0):
            return False
        self._texts, self._images = texts, images
        self._told.add(file.id)
        return True

    def require(self, file: Attachment | None) -> None:
        """Raises what a person is told where a file has no room."""
        if file is None:
            raise HTTPError(
                HTTPStatus.BAD_REQUEST, "unknown_attachment", "An attached file is not there. Please attach it again."
            )
        if self.has(file):
            return
        if not kinds.is_image(file.type):
            raise HTTPError(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                "files_too_long",
                f"The attached text is too long for the model {self._alias}, which takes about {self._most_text:,}"
                " characters of it.",
            )
        if self._takes_images:
            raise HTTPError(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                "files_too_large",
                f"The attached images are too large together: {megabytes(MAX_IMAGES)} are the most.",
            )
        raise HTTPError(
            HTTPStatus.BAD_REQUEST,
            "no_images",
            f"The model {self._alias} takes no images. Choose another one, or send the message without.",
        )


async def _contents(env: Env, files: Sequence[Attachment]) -> dict[str, bytes]:
    """By id; what R2 does not have is left out."""
    contents = await asyncio.gather(*(read_object(env.r2, file.key) for file in files))
    return {file.id: data for file, data in zip(files, contents, strict=True) if data is not None}


def _told(part: UIPart, found: Mapping[str, Attachment], contents: dict[str, bytes]) -> UIPart:
    """Takes what it tells out of `contents`: each file is told once."""
    file_id = _id_of(part)
    if file_id is None:
        return part
    file, data = found.get(file_id), contents.pop(file_id, None)
    if file is None or data is None:
        return TextPart(text=f"[A file was attached here: {file.name if file else 'it is no longer there'}]")
    if kinds.is_image(file.type):
        return FilePart(media_type=file.type, url=data_url(file.type, data), filename=file.name)
    return TextPart(text=f"[Attached file: {file.name}]\n{data.decode(errors='replace')}\n[End of the file]")


def _ids(message: UIMessage) -> list[str]:
    return [file_id for part in message.parts if (file_id := _id_of(part))]


def _id_of(part: UIPart) -> str | None:
    found = isinstance(part, FilePart) and _URL.fullmatch(part.url)
    return found[1] if found else None
