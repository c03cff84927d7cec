import json
from typing import Any

import pytest

from edgechat.model.openai_responses import OpenAIResponses
from edgechat.model.prompt import UserMessage
from edgechat.model.types import API, FunctionTool, JSONFormat, ModelCall, ProviderTool, ToolNamed

ASK = [UserMessage("Hi")]
INPUT = [{"role": "user", "content": [{"type": "input_text", "text": "Hi"}]}]
WEATHER = FunctionTool(name="weather", description="d", input_schema={"type": "object"})


def request(model: str = "gpt-5", *, call: dict[str, Any] | None = None, **options: Any) -> tuple[Any, list[str]]:
    """The body without the input, and the warnings."""
    built = OpenAIResponses(model).build(
        ModelCall(messages=[*ASK], **(call or {}), provider_options={"openai": options})
    )
    body = json.loads(built.body)
    del body["input"]
    return body, built.warnings


def body(model: str = "gpt-5", **more: Any) -> Any:
    return request(model, **more)[0]


def with_tools(*tools: FunctionTool | ProviderTool, choice: Any = None, **options: Any) -> Any:
    return body(call={"tools": [*tools], "tool_choice": choice}, **options)


def provided(kind: str, name: str = "tool", **args: Any) -> ProviderTool:
    return ProviderTool(id=f"openai.{kind}", name=name, args=args)


def test_a_request_says_what_is_asked_and_nothing_else() -> None:
    api: API = OpenAIResponses("gpt-4o", headers={"authorization": "Bearer key"}, base_url="http://127.0.0.1/v1/")
    built = api.build(ModelCall(messages=[*ASK], max_output_tokens=10, temperature=0.5, headers={"x-a": "b"}))
    assert built.url == "http://127.0.0.1/v1/responses"
    assert built.headers == {"content-type": "application/json", "authorization": "Bearer key", "x-a": "b"}
    expected = {"model": "gpt-4o", "input": INPUT, "max_output_tokens": 10, "temperature": 0.5, "stream": True}
    assert json.loads(built.body) == expected
    assert built.warnings == []


def test_an_answer_that_is_none_has_openais_own_words() -> None:
    error = OpenAIResponses("gpt-5").error(429, {}, '{"error":{"message":"Slow down","code":"rate_limit_exceeded"}}')
    assert (str(error), error.status, error.code, error.is_retryable) == ("Slow down", 429, "rate_limit_exceeded", True)


def test_settings_that_openai_does_not_have_are_named() -> None:
    call = {"top_k": 1, "seed": 1, "presence_penalty": 0.1, "frequency_penalty": 0.1, "stop_sequences": ["."]}
    sent, warnings = request(call=call)
    assert sent == {"model": "gpt-5", "stream": True}
    assert [warning.split()[0] for warning in warnings] == [*call]


def test_models_that_reason_choose_their_words_themselves() -> None:
    call = {"temperature": 0.5, "top_p": 0.5}
    sent, warnings = request("gpt-5", call=call)
    assert "temperature" not in sent
    assert "top_p" not in sent
    assert len(warnings) == 2
    assert body("gpt-5.1", call=call, reasoningEffort="none")["temperature"] == 0.5


def test_how_much_a_model_reasons() -> None:
    assert body(call={"reasoning": "low"})["reasoning"] == {"effort": "low", "summary": "detailed"}
    assert body(call={"reasoning": "low"}, reasoning_effort="high", reasoning_summary=None)["reasoning"] == {
        "effort": "high"
    }
    assert body(reasoningMode="pro", reasoningContext="auto")["reasoning"] == {"mode": "pro", "context": "auto"}


def test_models_that_do_not_reason_are_not_asked_to() -> None:
    sent, warnings = request("gpt-4o", reasoningEffort="low", reasoningSummary="auto")
    assert "reasoning" not in sent
    assert warnings == ["Reasoning is not supported by gpt-4o."]
    assert body("my-model", reasoningEffort="low", forceReasoning=True)["reasoning"]["effort"] == "low"


def test_an_answer_in_json() -> None:
    schema = {"type": "object", "properties": {}}
    text_format = body(call={"response_format": JSONFormat(schema=schema, description="d")}, textVerbosity="low")[
        "text"
    ]
    assert text_format == {
        "verbosity": "low",
        "format": {"type": "json_schema", "strict": True, "name": "response", "description": "d", "schema": schema},
    }
    assert body(call={"response_format": JSONFormat()})["text"] == {"format": {"type": "json_object"}}
    lenient = body(call={"response_format": JSONFormat(schema=schema)}, strictJsonSchema=False)
    assert lenient["text"]["format"]["strict"] is False


@pytest.mark.parametrize("spelling", ["camel", "snake"])
def test_options_go_where_openai_wants_them_in_either_spelling(spelling: str) -> None:
    camel = {
        "store": False,
        "user": "u",
        "instructions": "i",
        "metadata": {"aKey": "v"},
        "previousResponseId": "resp_1",
        "maxToolCalls": 3,
        "parallelToolCalls": False,
        "promptCacheKey": "k",
        "promptCacheOptions": {"comparisonResponseId": "r"},
        "safetyIdentifier": "s",
        "contextManagement": [{"type": "compaction", "compactThreshold": 5}],
    }
    snake = {
        "store": False,
        "user": "u",
        "instructions": "i",
        "metadata": {"aKey": "v"},
        "previous_response_id": "resp_1",
        "max_tool_calls": 3,
        "parallel_tool_calls": False,
        "prompt_cache_key": "k",
        "prompt_cache_options": {"comparison_response_id": "r"},
        "safety_identifier": "s",
        "context_management": [{"type": "compaction", "compact_threshold": 5}],
    }
    sent = body("gpt-4o", **(camel if spelling == "camel" else snake))
    assert sent == {"model": "gpt-4o", "stream": True, **snake}


def test_azure_takes_options_of_its_own_before_those_of_openai() -> None:
    api = OpenAIResponses("gpt-4o", provider="azure")
    both = {"openai": {"user": "o"}, "azure": {"user": "a"}}
    for options, user in ((both, "a"), ({"openai": {"user": "o"}}, "o")):
        sent = api.build(ModelCall(messages=[*ASK], provider_options=options))
        assert json.loads(sent.body)["user"] == user


def test_what_comes_with_an_answer_is_asked_for() -> None:
    assert body(store=False)["include"] == ["reasoning.encrypted_content"]
    assert body("gpt-4o", logprobs=3, include=["file_search_call.results"]) == {
        "model": "gpt-4o",
        "stream": True,
        "include": ["file_search_call.results", "message.output_text.logprobs"],
        "top_logprobs": 3,
    }
    assert with_tools(provided("web_search"))["include"] == ["web_search_call.action.sources"]
    assert with_tools(provided("code_interpreter"))["include"] == ["code_interpreter_call.outputs"]


def test_functions() -> None:
    other = FunctionTool(name="b", input_schema={}, strict=True)
    assert with_tools(WEATHER, other)["tools"] == [
        {"type": "function", "name": "weather", "description": "d", "parameters": {"type": "object"}, "strict": False},
        {"type": "function", "name": "b", "parameters": {}, "strict": True},
    ]


@pytest.mark.parametrize(
    ("tool", "expected"),
    [
        (
            provided("web_search", searchContextSize="low", filters={"allowedDomains": ["e.com"]}),
            {"type": "web_search", "search_context_size": "low", "filters": {"allowed_domains": ["e.com"]}},
        ),
        (
            provided("file_search", vectorStoreIds=["v"], ranking={"scoreThreshold": 0.5}),
            {"type": "file_search", "vector_store_ids": ["v"], "ranking_options": {"score_threshold": 0.5}},
        ),
        (provided("code_interpreter"), {"type": "code_interpreter", "container": {"type": "auto"}}),
        (
            provided("code_interpreter", container={"fileIds": ["f"]}),
            {"type": "code_interpreter", "container": {"type": "auto", "file_ids": ["f"]}},
        ),
        (provided("code_interpreter", container="c"), {"type": "code_interpreter", "container": "c"}),
        (
            provided("mcp", serverLabel="l", serverUrl="u", headers={"xKey": "v"}),
            {
                "type": "mcp",
                "server_label": "l",
                "server_url": "u",
                "headers": {"xKey": "v"},
                "require_approval": "never",
            },
        ),
        (provided("image_generation", outputFormat="webp"), {"type": "image_generation", "output_format": "webp"}),
    ],
)
def test_openais_own_tools(tool: ProviderTool, expected: Any) -> None:
    assert with_tools(tool)["tools"] == [expected]


@pytest.mark.parametrize("id", ["other.thing", "openai.local_shell"])
def test_a_tool_that_is_not_supported_is_left_out(id: str) -> None:
    sent, warnings = request(call={"tools": [ProviderTool(id=id, name="x")]})
    assert sent["tools"] == []
    assert id in warnings[0]


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ("required", "required"),
        (ToolNamed("weather"), {"type": "function", "name": "weather"}),
        (ToolNamed("find"), {"type": "web_search"}),
    ],
)
def test_a_tool_is_chosen(choice: Any, expected: Any) -> None:
    tools = WEATHER, provided("web_search", "find")
    assert with_tools(*tools, choice=choice)["tool_choice"] == expected
