"""Files in messages: what the model is told of them, and what is saved."""

import json
from typing import Any

import pytest
from chatting import Service
from fakes import bearer, request
from limiting import Bucket

from edgechat.model.files import data_url
from edgechat.model.prompt import FilePart, FileURL, TextPart, UserMessage
from edgechat.testing import FakeModel
from service.attachments import Attachments
from service.attachments.store import key_of
from service.auth import User
from service.web import Response

USER = User("user_1")
PNG = b"\x89PNG\r\n\x1a\n" + bytes(92)
NOTES = b"The capital of France is Paris."


class Chat(Service):
    def __init__(self, *answers: Any) -> None:
        super().__init__(*answers)
        self.fake_r2 = Bucket()

    async def upload(self, data: bytes, type: str, user: User = USER) -> dict[str, str]:
        """The part that names the file."""
        files = Attachments(self, user)
        file = await files.announce("a.bin", type, len(data), self.limits.user)
        await self.r2.put(key_of(user, file.id), data)
        await files.uploaded(file.id)
        return {"type": "file", "mediaType": type, "url": file.url, "filename": "a.bin"}

    async def say(self, *parts: dict[str, str], **more: str) -> Response:
        body = {"id": "c1", "message": {"id": "u1", "role": "user", "parts": parts}} | more
        response = await self.ask(request("POST", "/api/chat", body, bearer(USER.id)))
        for work in self.work:
            await work
        return response


WHAT = {"type": "text", "text": "What is this?"}


def told(model: FakeModel, call: int = 0) -> Any:
    last = model.calls[call].messages[-1]
    assert isinstance(last, UserMessage)
    return last.content


async def test_a_model_that_takes_images_gets_them() -> None:
    chat = Chat("A cat.")
    image = await chat.upload(PNG, "image/png")
    assert (await chat.say(WHAT, image, model="vision")).status == 200
    assert told(chat.fake_model) == [
        FilePart(media_type="image/png", data=FileURL(data_url("image/png", PNG)), filename="a.bin"),
        TextPart(text="What is this?"),
    ]
    saved = await chat.db.prepare("SELECT parts FROM messages WHERE role = 'user'").first("parts")
    assert json.loads(saved) == [image, WHAT], "the history names the file, and does not have it"


async def test_any_model_gets_texts() -> None:
    chat = Chat("Notes.")
    assert (await chat.say(WHAT, await chat.upload(NOTES, "text/plain"))).status == 200
    file, question = told(chat.fake_model)
    assert NOTES.decode() in file.text
    assert question.text == "What is this?"


async def test_a_file_alone_is_a_message() -> None:
    chat = Chat("Notes.")
    assert (await chat.say(await chat.upload(NOTES, "text/plain"))).status == 200
    assert len(told(chat.fake_model)) == 1


@pytest.mark.parametrize(
    ("data", "type", "owner", "status", "code"),
    [
        (PNG, "image/png", USER, 400, b"no_images"),
        (NOTES, "text/plain", User("user_2"), 400, b"unknown_attachment"),
    ],
)
async def test_what_cannot_be_told_is_refused_before_the_model_is_called(
    data: bytes, type: str, owner: User, status: int, code: bytes
) -> None:
    chat = Chat("Never said.")
    response = await chat.say(WHAT, await chat.upload(data, type, owner))
    assert response.status == status
    assert isinstance(response.body, bytes)
    assert code in response.body
    assert chat.fake_model.calls == []


async def test_no_other_address_is_taken() -> None:
    chat = Chat("Never said.")
    for url in ("https://example.org/a.png", "data:image/png;base64,AAAA", "/api/attachments/x/../y"):
        response = await chat.say(WHAT, {"type": "file", "mediaType": "image/png", "url": url}, model="vision")
        assert response.status == 400
    assert chat.fake_model.calls == []
