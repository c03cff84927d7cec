"""Conversations in which several models have answered: each provider takes them, and nothing of them is lost."""

import json
from base64 import b64encode
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from central import rules
from central.anthropic import Anthropic
from central.chat import OpenAIChat as ChatServer
from central.responses import ENCRYPTED
from central.responses import OpenAIResponses as ResponsesServer
from edgechat.errors import UnsupportedFunctionalityError
from edgechat.generate import stream_text
from edgechat.model.anthropic import AnthropicMessages
from edgechat.model.history import build_request
from edgechat.model.openai_chat import OpenAIChat
from edgechat.model.openai_responses import OpenAIResponses
from edgechat.model.prompt import (
    AssistantContent,
    AssistantMessage,
    ErrorTextOutput,
    FileData,
    FilePart,
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
from edgechat.model.remote import RemoteModel, http_sender
from edgechat.model.types import API, FunctionTool, ModelCall, ModelRequest
from edgechat.model.workers_ai import WorkersAI
from edgechat.testing import FakeFetch, FakeRequest, HTTPAnswer
from edgechat.ui.convert import convert_to_model_messages
from edgechat.ui.fold import MessageFold
from edgechat.ui.messages import UIMessage, decode_message

MODELS = {"claude-sonnet-5-5", "claude-sonnet-4-5", "gpt-4.1-mini", "gpt-6-sol"}
PNG = b"\x89PNG\r\n\x1a\n"
LOOK = FunctionTool(name="look", input_schema={"type": "object", "properties": {}})

# As each provider gives them: Workers AI's are long and have colons.
CALL_IDS = [
    "toolu_01A",
    "call_a",
    "chatcmpl-tool-0123456789abcdef0123456789abcdef",
    "functions.look:0::cf-wai-tool-call::x",
]


class Words:
    """Texts that are found again: no two are the same, and none needs to be escaped."""

    def __init__(self) -> None:
        self.all: list[str] = []

    def new(self, kind: str) -> str:
        self.all.append(f"{kind}{len(self.all)}!")
        return self.all[-1]


def thought(provider: str, text: str) -> ReasoningPart:
    metadata: dict[str, dict[str, dict[str, Any]]] = {
        "anthropic": {"anthropic": {"signature": "of another"}},
        "openai": {"openai": {"itemId": "rs_1", "reasoningEncryptedContent": f"{ENCRYPTED}x"}},
        "workers-ai": {},
    }
    return ReasoningPart(text=text, provider_options=metadata[provider])


@st.composite
def conversations(draw: st.DrawFn) -> tuple[list[ModelMessage], list[str], int]:
    """Messages, the texts in them, and how many images."""
    words, images, number = Words(), 0, 0
    messages: list[ModelMessage] = []
    if draw(st.booleans()):
        messages.append(SystemMessage(words.new("system")))
    for _ in range(draw(st.integers(0, 3))):
        asked, seen = draw(questions(words))
        images += seen
        messages.append(asked)
        provider = draw(st.sampled_from(["anthropic", "openai", "workers-ai"]))
        for _ in range(draw(st.integers(0, 2))):
            said: list[AssistantContent] = [thought(provider, "Hm.")] if draw(st.booleans()) else []
            if draw(st.booleans()):
                said.append(TextPart(text=words.new("said"), provider_options={"openai": {"itemId": "msg_1"}}))
            told = []
            for kind in draw(st.lists(st.sampled_from(CALL_IDS), unique=True, min_size=1, max_size=2)):
                number += 1
                call_id = f"{kind}{number}"
                said.append(ToolCallPart(tool_call_id=call_id, tool_name="look", input={"at": words.new("input")}))
                told.append(ToolResultPart(tool_call_id=call_id, tool_name="look", output=draw(outputs(words))))
            messages += [AssistantMessage(said), ToolMessage([*told])]
        messages.append(AssistantMessage([*([thought(provider, "Hm.")] if draw(st.booleans()) else []), answer(words)]))
    asked, seen = draw(questions(words))
    return [*messages, asked], words.all, images + seen


def answer(words: Words) -> TextPart:
    return TextPart(text=words.new("answer"))


@st.composite
def questions(draw: st.DrawFn, words: Words) -> tuple[UserMessage, int]:
    text, images = words.new("asked"), draw(st.integers(0, 2))
    if not images and draw(st.booleans()):
        return UserMessage(text), 0
    image = FilePart(media_type="image/png", data=FileData(PNG), filename="sky.png")
    return UserMessage([TextPart(text=text), *[image] * images]), images


@st.composite
def outputs(draw: st.DrawFn, words: Words) -> ToolOutput:
    text = words.new("result")
    choices: list[ToolOutput] = [TextOutput(value=text), ErrorTextOutput(value=text), JSONOutput(value={"is": [text]})]
    return draw(st.sampled_from(choices))


APIS: dict[str, API] = {
    "anthropic": AnthropicMessages("claude-sonnet-4-5", api_key="k"),
    "chat": OpenAIChat("gpt-4.1-mini", headers={"authorization": "Bearer k"}),
    "chat of a reasoning model": OpenAIChat("gpt-6-sol", headers={"authorization": "Bearer k"}),
    "responses": OpenAIResponses("gpt-4.1-mini", headers={"authorization": "Bearer k"}),
    "responses of a reasoning model": OpenAIResponses("gpt-6-sol", headers={"authorization": "Bearer k"}),
    "workers ai": WorkersAI("@cf/meta/llama-3.1-8b-instruct-fp8-fast"),
}


def built(name: str, messages: Sequence[ModelMessage]) -> ModelRequest:
    call = ModelCall(
        messages=[*messages],
        tools=[LOOK],
        max_output_tokens=100,
        temperature=0.2,
        provider_options={"openai": {"store": False}, "anthropic": {"sendReasoning": False}},
    )
    return build_request(APIS[name], call)


def check(name: str, request: ModelRequest) -> None:
    """Raises `Refusal` as the provider would."""
    if name == "anthropic":
        Anthropic("k", MODELS).answer(request.headers, request.body)
    elif name.startswith("chat"):
        ChatServer("k", MODELS).answer(request.headers, request.body)
    elif name.startswith("responses"):
        ResponsesServer("k", MODELS).answer(request.headers, request.body)
    else:
        messages = json.loads(request.body)["messages"]
        assert {message["role"] for message in messages} <= {"system", "user", "assistant", "tool"}
        assert all(message["content"] is not None for message in messages)


@pytest.mark.parametrize("name", APIS)
@given(conversations())
def test_a_conversation_of_several_models_is_told_to_any_of_them(
    name: str, conversation: tuple[list[ModelMessage], list[str], int]
) -> None:
    messages, texts, images = conversation
    request = built(name, messages)
    check(name, request)
    body = request.body.decode()
    assert [text for text in texts if text not in body] == []
    in_order = sorted(texts, key=body.index)
    if not any("result" in text for text in texts):  # results of several calls may be told before the next text
        assert [text for text in in_order if not text.startswith("system")] == [
            text for text in texts if not text.startswith("system")
        ]
    assert body.count(b64encode(PNG).decode()) == images
    assert "of another" not in body
    assert not [warning for warning in request.warnings if "file" in warning]


def recording(filename: str | None = None) -> UserMessage:
    file = FilePart(media_type="audio/ogg", data=FileData(b"OggS"), filename=filename)
    return UserMessage([TextPart(text="Listen"), file])


@pytest.mark.parametrize("name", ["anthropic", "chat", "workers ai"])
def test_what_a_model_cannot_take_of_an_earlier_turn_is_named_with_a_warning(name: str) -> None:
    request = built(name, [recording("song.ogg"), AssistantMessage("Nice."), UserMessage("And now?")])
    check(name, request)
    assert "[A file was attached here: song.ogg]" in request.body.decode()
    (warning,) = [warning for warning in request.warnings if "song.ogg" in warning]
    assert warning.startswith("The file song.ogg of an earlier message is left out: ")
    assert "Listen" in request.body.decode()


@pytest.mark.parametrize("name", ["anthropic", "chat", "workers ai"])
def test_what_it_cannot_take_of_this_turn_is_an_error_so_that_another_one_is_asked(name: str) -> None:
    with pytest.raises(UnsupportedFunctionalityError):
        built(name, [UserMessage("Hi"), AssistantMessage("Hello"), recording()])
    with pytest.raises(UnsupportedFunctionalityError):
        built(name, [recording(), AssistantMessage("Nice."), recording()])


@pytest.mark.parametrize(
    ("api", "server"),
    [
        (AnthropicMessages("claude-sonnet-5-5", api_key="k"), Anthropic("k", MODELS)),
        (OpenAIResponses("gpt-6-sol", headers={"authorization": "Bearer k"}), ResponsesServer("k", MODELS)),
    ],
)
async def test_what_a_model_thought_goes_back_to_it_as_it_was(api: API, server: rules.API) -> None:
    """Through chunks, a stored message, and the prompt: the server knows its thoughts again, by all that was before."""

    def answer(request: FakeRequest) -> HTTPAnswer:
        speaker = server.answer(request.headers, request.body or b"")
        events = [speaker.begin(), speaker.think("Hm."), speaker.say("Hello"), speaker.end()]
        return HTTPAnswer(*events, headers={"content-type": "text/event-stream"})

    fetch = FakeFetch(answer)
    model = RemoteModel(api, http_sender(fetch))
    messages: list[ModelMessage] = [SystemMessage("Be brief."), UserMessage("Hi")]
    for _ in range(3):
        stream = stream_text(model=model, messages=messages, provider_options={"openai": {"store": False}})
        fold = MessageFold(UIMessage(id="a1", role="assistant"))
        async for chunks in stream.ui_message_stream():
            for chunk in chunks:
                fold.apply(chunk)
        fold.close()
        assert fold.message.text == "Hello"
        stored = decode_message(msgspec.json.encode(fold.message))
        messages += [*convert_to_model_messages([stored]), UserMessage("Go on")]
    kept = [(fetch.requests[at].body or b"").count(b"Hm.") for at in range(3)]
    assert kept == [0, 1, 2]


def test_ids_of_calls_that_fit_stay_as_they_are() -> None:
    for call_id in CALL_IDS[:2]:
        part = ToolCallPart(tool_call_id=call_id, tool_name="look", input={})
        result = ToolResultPart(tool_call_id=call_id, tool_name="look", output=TextOutput(value="rain"))
        messages: list[ModelMessage] = [UserMessage("Hi"), AssistantMessage([part]), ToolMessage([result])]
        for name in APIS:
            assert built(name, messages).body.decode().count(f'"{call_id}"') == 2
