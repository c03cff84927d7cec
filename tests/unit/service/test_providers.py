"""Which way a model is reached, and who is told what when it is not."""

import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import fakes
import msgspec
import pytest
from limiting import limits

from edgechat.errors import APICallError, EdgeChatError, NoSuchModelError
from edgechat.generate import stream_text
from edgechat.http import FetchResponse
from edgechat.model.fallback import FallbackModel
from edgechat.model.prompt import (
    AssistantMessage,
    ModelMessage,
    ReasoningPart,
    SystemMessage,
    TextOutput,
    TextPart,
    ToolCallPart,
    ToolMessage,
    ToolResultPart,
    UserMessage,
)
from edgechat.model.types import LanguageModel, ModelCall, ModelRequest, Sender
from edgechat.testing import FakeFetch, FakeModel, HTTPAnswer
from service.bindings import Env
from service.providers import BUSY, NOT_AVAILABLE, is_reachable, language_model
from service.settings import Limits, Model

CLAUDE = "anthropic/claude-sonnet-5-5"
GPT = "openai/gpt-6-sol"
CHAT = "openai-chat/gpt-4.1-mini"
LLAMA = "@cf/meta/llama-3.1-8b-instruct-fp8-fast"

KEYS = {"ANTHROPIC_API_KEY": "sk-ant-secret", "OPENAI_API_KEY": "sk-secret"}


class Configured(fakes.Env):
    """An environment with these variables and secrets. `requests` has what was sent, and by which way."""

    def __init__(self, variables: dict[str, str], *answers: HTTPAnswer, reasoning: Any = None) -> None:
        self._variables = variables
        self._fetch = FakeFetch(*(answers or [HTTPAnswer("refused", status=400)]))
        self._reasoning = reasoning
        self.bound: list[tuple[str | None, str]] = []

    @property
    def limits(self) -> Limits:
        model = Model(id=CLAUDE, context=1000, max_output=100, reasoning=self._reasoning)
        return msgspec.structs.replace(limits(), models=limits().models | {"frontier": model})

    @property
    def fetch(self) -> FakeFetch:
        return self._fetch

    def var(self, name: str) -> str | None:
        return self._variables.get(name)

    def binding(self, gateway: str | None) -> Sender:
        @asynccontextmanager
        async def send(request: ModelRequest) -> AsyncGenerator[FetchResponse]:
            self.bound.append((gateway, request.model))
            async with self._fetch("binding:", body=request.body, headers=request.headers) as response:
                yield response

        return send

    def model(self, model_id: str) -> LanguageModel:
        env: Env = self
        return language_model(env, model_id, self.binding)


async def ask(model: LanguageModel, *messages: ModelMessage) -> EdgeChatError:
    """The error that it ends with: none of these servers answers."""
    with pytest.raises(EdgeChatError) as caught:
        async with model.stream(
            ModelCall(messages=[*(messages or [UserMessage("Hi")])], max_output_tokens=10)
        ) as parts:
            while await parts.read() is not None:
                pass
    return caught.value


async def body_sent(env: Configured, model_id: str, *messages: ModelMessage) -> Any:
    await ask(env.model(model_id), *messages)
    return env.fetch.requests[-1].json()


@pytest.mark.parametrize(
    ("variables", "reachable"),
    [
        ({}, [LLAMA]),
        ({"ANTHROPIC_API_KEY": "k"}, [LLAMA, CLAUDE]),
        ({"OPENAI_API_KEY": "k"}, [LLAMA, GPT, CHAT]),
        ({"UNIFIED_BILLING": "1"}, [LLAMA, CLAUDE, GPT, CHAT]),
        ({"AI_GATEWAY": "account/gateway"}, [LLAMA]),
    ],
)
def test_what_is_reachable_is_known_without_asking(variables: dict[str, str], reachable: list[str]) -> None:
    env: Env = Configured(variables)
    assert [each for each in (LLAMA, CLAUDE, GPT, CHAT) if is_reachable(env, each)] == reachable


@pytest.mark.parametrize(
    ("model_id", "url", "header"),
    [
        (CLAUDE, "https://api.anthropic.com/v1/messages", ("x-api-key", "sk-ant-secret")),
        (GPT, "https://api.openai.com/v1/responses", ("authorization", "Bearer sk-secret")),
        (CHAT, "https://api.openai.com/v1/chat/completions", ("authorization", "Bearer sk-secret")),
    ],
)
async def test_with_a_key_a_provider_is_asked_itself(model_id: str, url: str, header: tuple[str, str]) -> None:
    env = Configured(KEYS)
    await ask(env.model(model_id))
    (request,) = env.fetch.requests
    assert request.url == url
    assert header in request.headers.items()
    assert request.json()["model"] == model_id.partition("/")[2]


async def test_a_key_that_was_piped_with_the_end_of_its_line_is_a_key() -> None:
    env = Configured({"ANTHROPIC_API_KEY": "sk-ant-secret\n"})
    await ask(env.model(CLAUDE))
    assert env.fetch.requests[0].headers["x-api-key"] == "sk-ant-secret"


@pytest.mark.parametrize(
    ("model_id", "url"),
    [
        (CLAUDE, "https://gateway.ai.cloudflare.com/v1/account/my-gateway/anthropic/v1/messages"),
        (GPT, "https://gateway.ai.cloudflare.com/v1/account/my-gateway/openai/responses"),
        (CHAT, "https://gateway.ai.cloudflare.com/v1/account/my-gateway/openai/chat/completions"),
    ],
)
async def test_calls_by_a_key_go_through_a_gateway(model_id: str, url: str) -> None:
    env = Configured(KEYS | {"AI_GATEWAY": "account/my-gateway", "AI_GATEWAY_TOKEN": "t\n"})
    await ask(env.model(model_id))
    assert env.fetch.requests[0].url == url
    assert env.fetch.requests[0].headers["cf-aig-authorization"] == "Bearer t"


async def test_another_server_is_asked_instead_and_not_told_the_token_of_the_gateway() -> None:
    others = {"ANTHROPIC_BASE_URL": "http://proxy/v1", "AI_GATEWAY": "account/my-gateway", "AI_GATEWAY_TOKEN": "t"}
    env = Configured(KEYS | others)
    await ask(env.model(CLAUDE))
    assert env.fetch.requests[0].url == "http://proxy/v1/messages"
    assert "cf-aig-authorization" not in env.fetch.requests[0].headers


@pytest.mark.parametrize(
    ("variables", "model_id", "sent"),
    [
        ({}, LLAMA, (None, LLAMA)),
        ({"AI_GATEWAY": "account/my-gateway"}, LLAMA, (None, LLAMA)),
        ({"UNIFIED_BILLING": "1"}, CLAUDE, ("default", CLAUDE)),
        ({"UNIFIED_BILLING": "1", "AI_GATEWAY": "account/my-gateway"}, GPT, ("my-gateway", GPT)),
        ({"UNIFIED_BILLING": "1"}, CHAT, ("default", "openai/gpt-4.1-mini")),
    ],
)
async def test_without_a_key_the_binding_is_asked(
    variables: dict[str, str], model_id: str, sent: tuple[str | None, str]
) -> None:
    env = Configured(variables)
    await ask(env.model(model_id))
    assert env.bound == [sent]


async def test_a_key_comes_before_the_bill_of_cloudflare() -> None:
    env = Configured(KEYS | {"UNIFIED_BILLING": "1"})
    await ask(env.model(CLAUDE))
    assert env.bound == []


async def test_a_central_model_has_its_whole_id() -> None:
    for variables in ({}, KEYS, {"UNIFIED_BILLING": "1"}):
        model = Configured(variables).model(CLAUDE)
        assert (model.provider, model.model_id) == ("anthropic", CLAUDE)


async def test_a_model_without_a_key_says_what_to_do_and_another_one_is_asked(
    caplog: pytest.LogCaptureFixture,
) -> None:
    model = Configured({}).model(CLAUDE)
    error = await ask(model)
    assert isinstance(error, NoSuchModelError)
    assert error.public_message == NOT_AVAILABLE
    (line,) = caplog.messages
    assert line == (
        f"{CLAUDE} cannot be asked. Set its key (wrangler secret put ANTHROPIC_API_KEY), or UNIFIED_BILLING: "
        "see docs/providers.md."
    )
    stream = stream_text(model=FallbackModel([model, FakeModel("Hello!")]), prompt="Hi")
    assert "".join([delta async for delta in stream.text_stream()]) == "Hello!"


def anthropic_error(status: int, code: str) -> HTTPAnswer:
    body = {"type": "error", "error": {"type": code, "message": "sk-ant-secret said: Hi"}}
    return HTTPAnswer(msgspec.json.encode(body), status=status)


@pytest.mark.parametrize(
    ("status", "code", "advice", "told"),
    [
        (401, "authentication_error", "set ANTHROPIC_API_KEY anew", NOT_AVAILABLE),
        (402, "billing_error", "no credit left", NOT_AVAILABLE),
        (403, "permission_error", "ANTHROPIC_API_KEY may not use this model", NOT_AVAILABLE),
        (403, "forbidden", "from where this Worker runs", NOT_AVAILABLE),
        (404, "not_found_error", "Correct its id in [vars.LIMITS.models]", NOT_AVAILABLE),
        (429, "rate_limit_error", "limits of the account", BUSY),
        (529, "overloaded_error", "overloaded", BUSY),
    ],
)
async def test_the_operator_hears_why_and_people_hear_neutral_words(
    status: int, code: str, advice: str, told: str, caplog: pytest.LogCaptureFixture
) -> None:
    error = await ask(Configured(KEYS, anthropic_error(status, code)).model(CLAUDE))
    assert isinstance(error, APICallError)
    assert (error.status, error.code, error.public_message) == (status, code, told)
    (record,) = caplog.records
    assert advice in record.getMessage()
    assert f"(status {status}, code {code})" in record.getMessage()
    assert "sk-ant" not in record.getMessage()
    assert record.levelno == (logging.WARNING if status in (429, 529) else logging.ERROR)


async def test_a_provider_out_of_reach_is_told(caplog: pytest.LogCaptureFixture) -> None:
    env = Configured(KEYS)
    env._fetch = FakeFetch(APICallError("The connection was lost."))
    assert (await ask(env.model(GPT))).public_message == BUSY
    assert "the connection to openai" in caplog.text


async def test_an_empty_account_is_not_asked_again(caplog: pytest.LogCaptureFixture) -> None:
    body = {"error": {"message": "You exceeded it.", "type": "insufficient_quota", "code": "insufficient_quota"}}
    error = await ask(Configured(KEYS, HTTPAnswer(msgspec.json.encode(body), status=429)).model(GPT))
    assert (error.is_retryable, error.public_message) == (False, NOT_AVAILABLE)
    assert "no credit left" in caplog.text


async def test_a_gateway_that_wants_a_token_is_no_wrong_key(caplog: pytest.LogCaptureFixture) -> None:
    body = b'{"name": "AiGatewayError", "internalCode": 2009, "message": "Unauthorized"}'
    env = Configured(KEYS | {"AI_GATEWAY": "account/my-gateway"}, HTTPAnswer(body, status=401))
    assert (await ask(env.model(CLAUDE))).public_message == NOT_AVAILABLE
    assert "set AI_GATEWAY_TOKEN anew" in caplog.text


@pytest.mark.parametrize(
    ("status", "advice"),
    [(401, "Cloudflare does not bill it"), (402, "no credits for AI Gateway"), (403, "not bill it")],
)
async def test_without_a_key_it_is_the_bill_that_is_wrong(
    status: int, advice: str, caplog: pytest.LogCaptureFixture
) -> None:
    answer = HTTPAnswer(b'{"errors": [{"code": 2021, "message": "no"}]}', status=status)
    assert (await ask(Configured({"UNIFIED_BILLING": "1"}, answer).model(CLAUDE))).public_message == NOT_AVAILABLE
    assert advice in caplog.text


async def test_an_error_inside_of_a_stream_is_told_too(caplog: pytest.LogCaptureFixture) -> None:
    event = b'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}\n\n'
    answer = HTTPAnswer(event, headers={"content-type": "text/event-stream"})
    error = await ask(Configured(KEYS, answer).model(CLAUDE))
    assert error.public_message == BUSY
    assert "overloaded" in caplog.text


async def test_how_much_a_model_thinks_is_configured() -> None:
    assert "output_config" not in await body_sent(Configured(KEYS), CLAUDE)
    assert (await body_sent(Configured(KEYS, reasoning="low"), CLAUDE))["output_config"] == {"effort": "low"}


async def test_openai_stores_nothing() -> None:
    assert (await body_sent(Configured(KEYS), GPT))["store"] is False


async def test_thoughts_of_earlier_turns_are_not_told_again_those_of_this_one_are() -> None:
    def thinking(signature: str) -> ReasoningPart:
        return ReasoningPart(text="Hm.", provider_options={"anthropic": {"signature": signature}})

    call = ToolCallPart(tool_call_id="c", tool_name="look", input={})
    result = ToolResultPart(tool_call_id="c", tool_name="look", output=TextOutput(value="rain"))
    history: list[ModelMessage] = [
        SystemMessage("Be brief."),
        UserMessage("One?"),
        AssistantMessage([thinking("earlier"), TextPart(text="1")]),
        AssistantMessage([thinking("and nothing else")]),
        UserMessage("And the weather?"),
        AssistantMessage([thinking("now"), call]),
        ToolMessage([result]),
    ]
    body = await body_sent(Configured(KEYS), CLAUDE, *history)
    kinds = [(turn["role"], [block["type"] for block in turn["content"]]) for turn in body["messages"]]
    assert kinds == [
        ("user", ["text"]),
        ("assistant", ["text"]),
        ("user", ["text"]),
        ("assistant", ["thinking", "tool_use"]),
        ("user", ["tool_result"]),
    ]
