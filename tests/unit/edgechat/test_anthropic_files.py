"""Files that a user shows."""

from typing import Any

import msgspec
import pytest

from edgechat.errors import InvalidArgumentError, UnsupportedFunctionalityError
from edgechat.model.anthropic import AnthropicMessages
from edgechat.model.prompt import (
    FileData,
    FilePart,
    FileReference,
    FileText,
    FileURL,
    ModelMessage,
    UserMessage,
)
from edgechat.model.types import ModelCall, ModelRequest

PNG = b"\x89PNG rest"
PDF = b"%PDF-1.7"


def request(*messages: ModelMessage, **call: Any) -> ModelRequest:
    return AnthropicMessages("claude-sonnet-4-5", api_key="k").build(ModelCall(messages=[*messages], **call))


def messages_of(*messages: ModelMessage, **call: Any) -> Any:
    return msgspec.json.decode(request(*messages, **call).body)["messages"]


@pytest.mark.parametrize(
    ("part", "block"),
    [
        (
            FilePart(media_type="image", data=FileData(PNG)),
            {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBORyByZXN0"}},
        ),
        (
            FilePart(media_type="image/*", data=FileURL("https://x/a.png")),
            {"type": "image", "source": {"type": "url", "url": "https://x/a.png"}},
        ),
        (
            FilePart(media_type="image/png", data=FileURL("data:image/png;base64,iVBORyByZXN0")),
            {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBORyByZXN0"}},
        ),
        (
            FilePart(media_type="image/png", data=FileReference({"anthropic": "file_1"})),
            {"type": "image", "source": {"type": "file", "file_id": "file_1"}},
        ),
        (
            FilePart(media_type="application/pdf", filename="a.pdf", data=FileData(PDF)),
            {
                "type": "document",
                "source": {"type": "base64", "media_type": "application/pdf", "data": "JVBERi0xLjc="},
                "title": "a.pdf",
            },
        ),
        (
            FilePart(media_type="text/plain", data=FileData("Grüße".encode())),
            {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "Grüße"}},
        ),
        (
            FilePart(media_type="text/markdown", data=FileText("# Notes")),
            {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "# Notes"}},
        ),
        (
            FilePart(
                media_type="text/plain",
                data=FileData(b"x"),
                provider_options={"anthropic": {"title": "T", "context": "C", "citations": {"enabled": True}}},
            ),
            {
                "type": "document",
                "source": {"type": "text", "media_type": "text/plain", "data": "x"},
                "title": "T",
                "context": "C",
                "citations": {"enabled": True},
            },
        ),
        (
            FilePart(
                media_type="text/csv",
                data=FileReference({"anthropic": "file_1"}),
                provider_options={"anthropic": {"containerUpload": True}},
            ),
            {"type": "container_upload", "file_id": "file_1"},
        ),
    ],
)
def test_each_kind_of_file_is_shown(part: FilePart, block: dict[str, Any]) -> None:
    assert messages_of(UserMessage([part]))[0]["content"] == [block]


def test_a_file_that_anthropic_does_not_take_is_refused() -> None:
    with pytest.raises(UnsupportedFunctionalityError, match="audio/wav"):
        request(UserMessage([FilePart(media_type="audio/wav", data=FileData(b"RIFF"))]))
    with pytest.raises(InvalidArgumentError):
        request(UserMessage([FilePart(media_type="image/png", data=FileReference({"openai": "file_1"}))]))


@pytest.mark.parametrize(
    ("part", "beta"),
    [
        (FilePart(media_type="application/pdf", data=FileData(PDF)), "pdfs-2024-09-25"),
        (FilePart(media_type="image/png", data=FileReference({"anthropic": "f"})), "files-api-2025-04-14"),
    ],
)
def test_files_switch_on_what_they_need(part: FilePart, beta: str) -> None:
    assert request(UserMessage([part])).headers["anthropic-beta"] == beta
