"""What goes out for a conversation."""

from typing import Any

import msgspec
import pytest

from edgechat.errors import InvalidArgumentError, UnsupportedFunctionalityError
from edgechat.model.anthropic import AnthropicMessages
from edgechat.model.prompt import (
    AssistantMessage,
    ContentOutput,
    CustomPart,
    ErrorJSONOutput,
    ErrorTextOutput,
    ExecutionDenied,
    FileData,
    FilePart,
    FileReference,
    FileText,
    FileURL,
    JSONOutput,
    ModelMessage,
    ReasoningPart,
    SystemMessage,
    TextOutput,
    TextPart,
    ToolCallPart,
    ToolMessage,
    ToolOutput,
    ToolResultPart,
    UserMessage,
)
from edgechat.model.types import ModelCall, ModelRequest

PNG = b"\x89PNG rest"
PDF = b"%PDF-1.7"
CACHE = {"anthropic": {"cacheControl": {"type": "ephemeral"}}}
CACHED = {"type": "ephemeral"}
HI = UserMessage("Hi")


def request(*messages: ModelMessage, **call: Any) -> ModelRequest:
    return AnthropicMessages("claude-sonnet-4-5", api_key="k").build(ModelCall(messages=[*messages], **call))


def messages_of(*messages: ModelMessage, **call: Any) -> Any:
    return msgspec.json.decode(request(*messages, **call).body)["messages"]


def text(value: str) -> dict[str, str]:
    return {"type": "text", "text": value}


def test_messages_of_one_role_in_a_row_become_one() -> None:
    assert messages_of(
        UserMessage("One"), UserMessage("Two"), AssistantMessage("Three"), AssistantMessage("Four"), UserMessage("Five")
    ) == [
        {"role": "user", "content": [text("One"), text("Two")]},
        {"role": "assistant", "content": [text("Three"), text("Four")]},
        {"role": "user", "content": [text("Five")]},
    ]


def test_results_of_tools_are_what_a_user_says() -> None:
    call = ToolCallPart(tool_call_id="c1", tool_name="weather", input={"city": "Rome"})
    result = ToolResultPart(tool_call_id="c1", tool_name="weather", output=TextOutput(value="Sunny"))
    assert messages_of(HI, AssistantMessage([call]), ToolMessage([result]), UserMessage("Thanks")) == [
        {"role": "user", "content": [text("Hi")]},
        {
            "role": "assistant",
            "content": [{"type": "tool_use", "id": "c1", "name": "weather", "input": {"city": "Rome"}}],
        },
        {
            "role": "user",
            "content": [{"type": "tool_result", "tool_use_id": "c1", "content": "Sunny"}, text("Thanks")],
        },
    ]


def test_system_messages_go_before_the_conversation() -> None:
    sent = request(SystemMessage("One"), HI, SystemMessage("Two"), UserMessage("Three"))
    body = msgspec.json.decode(sent.body)
    assert body["system"] == [text("One"), text("Two")]
    assert body["messages"] == [{"role": "user", "content": [text("Hi"), text("Three")]}]


def test_an_answer_to_be_continued_ends_without_white_space() -> None:
    assert messages_of(HI, AssistantMessage("I think \n"))[1]["content"] == [text("I think")]
    assert messages_of(HI, AssistantMessage("I think \n"), HI)[1]["content"] == [text("I think \n")]


def test_empty_text_of_an_assistant_is_left_out() -> None:
    assert messages_of(HI, AssistantMessage([TextPart(text="")]), HI) == [
        {"role": "user", "content": [text("Hi"), text("Hi")]},
    ]


@pytest.mark.parametrize(
    ("output", "content", "is_error"),
    [
        (JSONOutput(value={"degrees": [20, None], "ok": True}), '{"degrees":[20,null],"ok":true}', False),
        (ErrorTextOutput(value="No such city"), "No such city", True),
        (ErrorJSONOutput(value={"code": 1}), '{"code":1}', True),
        (ExecutionDenied(reason="Not now"), "Not now", False),
        (ExecutionDenied(), "Tool call execution denied.", False),
        (ContentOutput(value=[TextPart(text="Sunny")]), [text("Sunny")], False),
        (
            ContentOutput(value=[FilePart(media_type="image/*", data=FileData(PNG))]),
            [{"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBORyByZXN0"}}],
            False,
        ),
        (
            ContentOutput(value=[FilePart(media_type="application/pdf", data=FileData(PDF))]),
            [
                {
                    "type": "document",
                    "source": {"type": "base64", "media_type": "application/pdf", "data": "JVBERi0xLjc="},
                }
            ],
            False,
        ),
        (
            ContentOutput(value=[FilePart(media_type="image/png", data=FileURL("https://x/a.png"))]),
            [{"type": "image", "source": {"type": "url", "url": "https://x/a.png"}}],
            False,
        ),
        (
            ContentOutput(value=[FilePart(media_type="image/png", data=FileReference({"anthropic": "file_1"}))]),
            [{"type": "image", "source": {"type": "file", "file_id": "file_1"}}],
            False,
        ),
        (
            ContentOutput(value=[FilePart(media_type="text/plain", data=FileText("notes"))]),
            [{"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "notes"}}],
            False,
        ),
    ],
)
def test_each_kind_of_result_is_told(output: ToolOutput, content: Any, is_error: bool) -> None:
    result = ToolResultPart(tool_call_id="c1", tool_name="weather", output=output)
    [block] = messages_of(ToolMessage([result]))[0]["content"]
    assert block == {
        "type": "tool_result",
        "tool_use_id": "c1",
        "content": content,
        **({"is_error": True} if is_error else {}),
    }


@pytest.mark.parametrize(
    "part",
    [
        FilePart(media_type="audio/wav", data=FileData(b"RIFF")),
        CustomPart(kind="other.kind"),
    ],
)
def test_what_cannot_be_the_result_of_a_tool_is_left_out_with_a_warning(part: FilePart | CustomPart) -> None:
    result = ToolResultPart(tool_call_id="c1", tool_name="t", output=ContentOutput(value=[part]))
    sent = request(ToolMessage([result]))
    assert msgspec.json.decode(sent.body)["messages"][0]["content"][0]["content"] == []
    assert len(sent.warnings) == 1


def test_cache_control_of_a_part_or_for_the_last_part_of_its_message() -> None:
    sent = messages_of(
        UserMessage(
            [TextPart(text="One", provider_options=CACHE), TextPart(text="Two"), TextPart(text="Three")], CACHE
        ),
        AssistantMessage("Four", {"anthropic": {"cache_control": {"type": "ephemeral", "ttl": "1h"}}}),
        HI,
    )
    assert [block.get("cache_control") for block in sent[0]["content"]] == [CACHED, None, CACHED]
    assert sent[1]["content"][0]["cache_control"] == {"type": "ephemeral", "ttl": "1h"}


def test_four_cache_breakpoints_are_taken_and_more_are_ignored_with_a_warning() -> None:
    sent = request(
        SystemMessage("S", CACHE), UserMessage([TextPart(text=str(i), provider_options=CACHE) for i in range(5)])
    )
    body = msgspec.json.decode(sent.body)
    assert body["system"][0]["cache_control"] == CACHED
    assert [block.get("cache_control") for block in body["messages"][0]["content"]] == [CACHED] * 3 + [None] * 2
    assert len(sent.warnings) == 2


def test_a_thought_is_no_cache_breakpoint() -> None:
    options = {"anthropic": {"signature": "sig", "cacheControl": {"type": "ephemeral"}}}
    sent = request(AssistantMessage([ReasoningPart(text="Hm.", provider_options=options), TextPart(text="x")]))
    assert "cache_control" not in msgspec.json.decode(sent.body)["messages"][0]["content"][0]


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
    ],
)
def test_each_kind_of_file_is_shown(part: FilePart, block: dict[str, Any]) -> None:
    assert messages_of(UserMessage([part]))[0]["content"] == [block]


def test_a_file_that_anthropic_does_not_take_is_refused() -> None:
    with pytest.raises(UnsupportedFunctionalityError, match="audio/wav"):
        request(UserMessage([FilePart(media_type="audio/wav", data=FileData(b"RIFF"))]))
    with pytest.raises(InvalidArgumentError):
        request(UserMessage([FilePart(media_type="image/png", data=FileReference({"openai": "file_1"}))]))


def test_files_that_were_uploaded_switch_on_what_they_need() -> None:
    uploaded = FilePart(media_type="image/png", data=FileReference({"anthropic": "f"}))
    assert request(UserMessage([uploaded])).headers["anthropic-beta"] == "files-api-2025-04-14"
