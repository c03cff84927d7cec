"""The server that stands for Anthropic and OpenAI: our models and it understand each other, and it is strict."""

import asyncio
import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from central import CentralServer
from edgechat.errors import APICallError
from edgechat.model.anthropic import create_anthropic
from edgechat.model.openai import create_openai
from edgechat.model.parts import (
    Error,
    Finish,
    ModelPart,
    ReasoningDelta,
    TextDelta,
    ToolCall,
)
from edgechat.model.prompt import UserMessage
from edgechat.model.types import FunctionTool, LanguageModel, ModelCall
from edgechat.platform.host import Fetch

LOOK = FunctionTool(name="look", input_schema={"type": "object", "properties": {}})
CALL = ModelCall(messages=[UserMessage("Hi")], tools=[LOOK], max_output_tokens=64)

type Connect = Callable[[CentralServer, Fetch], LanguageModel]


def claude(server: CentralServer, fetch: Fetch, key: str = "ANTHROPIC_API_KEY") -> LanguageModel:
    known = server.variables
    return create_anthropic(fetch, api_key=known[key], base_url=known["ANTHROPIC_BASE_URL"])("claude-sonnet-5-5")


def responses(server: CentralServer, fetch: Fetch, key: str = "OPENAI_API_KEY") -> LanguageModel:
    return create_openai(fetch, api_key=server.variables[key], base_url=f"{server.url}/v1")("gpt-6-sol")


def chat(server: CentralServer, fetch: Fetch, key: str = "OPENAI_API_KEY") -> LanguageModel:
    return create_openai(fetch, api_key=server.variables[key], base_url=f"{server.url}/v1").chat("gpt-4.1-mini")


MODELS = pytest.mark.parametrize("connect", [claude, responses, chat])


@pytest.fixture(scope="module")
def shared() -> Iterator[CentralServer]:
    with CentralServer() as server:
        yield server


@pytest.fixture
def server(shared: CentralServer) -> CentralServer:
    shared.reset()
    return shared


async def read(model: LanguageModel) -> list[ModelPart]:
    parts: list[ModelPart] = []
    async with model.stream(CALL) as stream:
        while (more := await stream.read()) is not None:
            parts += more
    return parts


async def ask(server: CentralServer, connect: Connect) -> list[ModelPart]:
    async with httpx.AsyncClient() as client:
        return await read(connect(server, Fetch(client)))


@MODELS
async def test_it_says_thinks_and_calls_what_the_script_wants(server: CentralServer, connect: Connect) -> None:
    server.play(["think", "Hm."], ["say", "Let me "], ["say", "look."], ["call", "look", {"at": "the sky"}])
    parts = await ask(server, connect)
    thought = "" if connect is chat else "Hm."
    assert "".join(part.delta for part in parts if isinstance(part, ReasoningDelta)) == thought
    assert [part.delta for part in parts if isinstance(part, TextDelta) and part.delta] == ["Let me ", "look."]
    assert [part.input for part in parts if isinstance(part, ToolCall)] == ['{"at":"the sky"}']
    finish = parts[-1]
    assert isinstance(finish, Finish)
    assert (finish.finish_reason, finish.usage.input_tokens, finish.usage.output_tokens) == ("tool-calls", 7, 11)
    (request,) = server.requests
    assert (request.refusal, request.is_over, server.cancelled) == (None, True, [])


@MODELS
async def test_it_hears_that_a_caller_has_left(server: CentralServer, connect: Connect) -> None:
    server.play(["say", "Hello"], ["hang"])
    async with httpx.AsyncClient() as client, connect(server, Fetch(client)).stream(CALL) as stream:
        while not any(isinstance(part, TextDelta) for part in await stream.read() or ()):
            pass
    while not server.cancelled:
        await asyncio.sleep(0.01)
    assert server.cancelled == server.requests


@MODELS
@pytest.mark.parametrize("end", [["error", "overloaded_error"], ["drop"], ["end"]])
async def test_it_fails_after_it_has_begun(server: CentralServer, connect: Connect, end: list[str]) -> None:
    server.play(["say", "Hello"], end)
    try:
        parts = await ask(server, connect)
    except APICallError:
        assert end == ["drop"]
        return
    finish = next((part for part in parts if isinstance(part, Finish)), None)
    assert finish is None or finish.finish_reason in ("error", "interrupted")
    if end[0] == "error":
        assert any(isinstance(part, Error) for part in parts)


@MODELS
async def test_it_refuses_by_the_script(server: CentralServer, connect: Connect) -> None:
    server.play(["status", 529, "overloaded_error", 3])
    with pytest.raises(APICallError) as caught:
        await ask(server, connect)
    assert (caught.value.status, caught.value.code, caught.value.retry_after) == (529, "overloaded_error", 3)


@MODELS
async def test_it_refuses_what_is_not_known(server: CentralServer, connect: Any) -> None:
    wrong = "OPENAI_API_KEY" if connect is claude else "ANTHROPIC_API_KEY"
    async with httpx.AsyncClient() as client:
        with pytest.raises(APICallError) as caught:
            await read(connect(server, Fetch(client), wrong))
        assert caught.value.status == 401
        server.models.clear()
        try:
            with pytest.raises(APICallError) as caught:
                await read(connect(server, Fetch(client)))
        finally:
            server.models |= CentralServer.MODELS
        assert caught.value.status == 404


USER = {"role": "user", "content": "Hi"}
ASSISTANT = {"role": "assistant", "content": "Hello"}
PNG = {"type": "base64", "media_type": "image/png", "data": "iVBORw0K"}
USE = {"type": "tool_use", "id": "t1", "name": "look", "input": {}}
RESULT = {"type": "tool_result", "tool_use_id": "t1", "content": "rain"}
THOUGHT = {"type": "thinking", "thinking": "Hm.", "signature": "of another"}


def user(*blocks: dict[str, Any]) -> dict[str, Any]:
    return {"role": "user", "content": list(blocks)}


def assistant(*blocks: dict[str, Any]) -> dict[str, Any]:
    return {"role": "assistant", "content": list(blocks)}


@pytest.mark.parametrize(
    ("changes", "refused"),
    [
        ({"max_tokens": None}, "max_tokens"),
        ({"frequency_penalty": 1}, "frequency_penalty"),
        ({"temperature": 0.2}, "sampling"),
        ({"thinking": {"type": "disabled"}}, "thinking.type"),
        ({"messages": [ASSISTANT, USER]}, "first message"),
        ({"messages": [USER, USER]}, "alternate"),
        ({"messages": [USER, ASSISTANT]}, "prefill"),
        ({"messages": [user({"type": "text", "text": ""})]}, "length"),
        ({"messages": [user({"type": "image", "source": PNG | {"media_type": "image/bmp"}})]}, "image/bmp"),
        ({"messages": [user({"type": "image", "source": PNG | {"data": "SGVsbG8="}})]}, "does not appear"),
        ({"messages": [user({"type": "image_url", "image_url": {"url": "x"}})]}, "image_url"),
        ({"messages": [USER, assistant(USE), USER]}, "without `tool_result`"),
        ({"messages": [user(RESULT)]}, "without a `tool_use`"),
        ({"messages": [USER, assistant(USE), user({"type": "text", "text": "So?"}, RESULT)]}, "come first"),
        ({"messages": [USER, assistant(USE | {"id": "a:b"}), user(RESULT | {"tool_use_id": "a:b"})]}, "should match"),
        ({"messages": [USER, assistant(THOUGHT), USER]}, "signature"),
    ],
)
def test_anthropic_refuses(server: CentralServer, changes: dict[str, Any], refused: str) -> None:
    body = {"model": "claude-sonnet-5-5", "max_tokens": 10, "messages": [USER], "stream": True} | changes
    body = {key: value for key, value in body.items() if value is not None}
    headers = {"x-api-key": server.variables["ANTHROPIC_API_KEY"], "anthropic-version": "2023-06-01"}
    answer = httpx.post(f"{server.url}/v1/messages", json=body, headers=headers)
    assert answer.status_code == 400
    assert refused in answer.json()["error"]["message"]
    assert server.requests[-1].refusal == answer.json()["error"]["message"]


def test_anthropic_wants_its_version(server: CentralServer) -> None:
    headers = {"x-api-key": server.variables["ANTHROPIC_API_KEY"]}
    answer = httpx.post(f"{server.url}/v1/messages", json={}, headers=headers)
    assert "anthropic-version" in answer.json()["error"]["message"]


TOOL_CALL = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": ""}}
CALLED = {"role": "assistant", "tool_calls": [TOOL_CALL]}
FUNCTION_CALL = {"type": "function_call", "call_id": "c", "name": "f", "arguments": ""}


@pytest.mark.parametrize(
    ("path", "changes", "refused"),
    [
        ("chat/completions", {"top_k": 1}, "top_k"),
        ("chat/completions", {"model": "gpt-6-sol", "max_tokens": 10}, "max_completion_tokens"),
        ("chat/completions", {"messages": [USER, CALLED, USER]}, "without a response"),
        ("chat/completions", {"messages": [{"role": "tool", "tool_call_id": "c1", "content": "x"}]}, "must follow"),
        ("chat/completions", {"messages": [{"role": "assistant", "content": None}]}, "expected a string"),
        ("chat/completions", {"messages": [user({"type": "image_url", "image_url": {"url": "data:,x"}})]}, "Base64"),
        ("responses", {"messages": []}, "messages"),
        ("responses", {"max_output_tokens": 1}, "max_output_tokens"),
        ("responses", {"temperature": 0.2}, "temperature"),
        ("responses", {"input": [{"type": "item_reference", "id": "msg_1"}], "store": False}, "not persisted"),
        ("responses", {"input": [FUNCTION_CALL]}, "No tool output"),
        ("responses", {"input": [{"type": "function_call_output", "call_id": "c", "output": ""}]}, "No tool call"),
        ("responses", {"input": [{"role": "user", "content": [{"type": "text", "text": "Hi"}]}]}, "text"),
    ],
)
def test_openai_refuses(server: CentralServer, path: str, changes: dict[str, Any], refused: str) -> None:
    said: dict[str, Any] = {"messages": [USER]} if path.startswith("chat") else {"input": [USER]}
    model = "gpt-4.1-mini" if path.startswith("chat") else "gpt-6-sol"
    body = {"model": model, "stream": True} | said | changes
    headers = {"authorization": f"Bearer {server.variables['OPENAI_API_KEY']}", "content-type": "application/json"}
    answer = httpx.post(f"{server.url}/v1/{path}", content=json.dumps(body), headers=headers)
    assert answer.status_code == 400
    assert refused in answer.json()["error"]["message"]
