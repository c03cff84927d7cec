import json
from typing import Any

import pytest

from edgechat.model.openai_responses import OpenAIResponses
from edgechat.model.parts import (
    Finish,
    ModelPart,
    ToolCall,
    ToolInputDelta,
    ToolInputEnd,
    ToolInputStart,
    ToolResult,
)
from edgechat.model.types import FunctionTool, ModelCall, ProviderTool

WEATHER = FunctionTool(name="weather", input_schema={})


def added(**item: Any) -> dict[str, Any]:
    return {"type": "response.output_item.added", "output_index": 0, "item": item}


def done(**item: Any) -> dict[str, Any]:
    return {"type": "response.output_item.done", "output_index": 0, "item": item}


def event(kind: str, **fields: Any) -> dict[str, Any]:
    return {"type": f"response.{kind}", "item_id": "item", "output_index": 0, **fields}


def of(item_id: str, **more: Any) -> dict[str, dict[str, Any]]:
    return {"openai": {"itemId": item_id, **more}}


def provided(name: str, kind: str, **args: Any) -> ProviderTool:
    return ProviderTool(id=f"openai.{kind}", name=name, args=args)


def decode(*events: Any, tools: list[FunctionTool | ProviderTool] | None = None) -> list[ModelPart]:
    """All parts but the last, which is the end."""
    decoder = OpenAIResponses("gpt-5").decoder(ModelCall(messages=[], tools=tools or []), {})
    parts = decoder.feed(b"".join(b"data: " + json.dumps(event).encode() + b"\n\n" for event in events))
    *more, end = decoder.close()
    assert isinstance(end, Finish)
    return [*parts, *more]


def reason(*events: Any) -> str:
    api = OpenAIResponses("gpt-5")
    decoder = api.decoder(ModelCall(messages=[]), {})
    for event in (*events, {"type": "response.completed", "response": {}}):
        decoder.feed(b"data: " + json.dumps(event).encode() + b"\n\n")
    end = decoder.close()[-1]
    assert isinstance(end, Finish)
    return end.finish_reason


FUNCTION = {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "weather"}
CALLED = done(**FUNCTION, arguments='{"a":1}', status="completed")


def test_the_arguments_of_a_function_stream() -> None:
    delta = "function_call_arguments.delta"
    assert decode(
        added(**FUNCTION, arguments=""), event(delta, delta='{"a"'), event(delta, delta=":1}"), CALLED, tools=[WEATHER]
    ) == [
        ToolInputStart("call_1", "weather"),
        ToolInputDelta("call_1", '{"a"'),
        ToolInputDelta("call_1", ":1}"),
        ToolInputEnd("call_1"),
        ToolCall("call_1", "weather", '{"a":1}', provider_metadata=of("fc_1")),
    ]


def test_an_answer_with_calls_of_functions_ends_for_them() -> None:
    assert reason(CALLED) == "tool-calls"


def test_where_a_call_comes_from_is_told() -> None:
    caller = {"type": "program", "caller_id": "prog_1"}
    call = done(**FUNCTION, arguments="{}", status="completed", namespace="ns", caller=caller, **{"async": True})
    end, whole = decode(call)
    assert end == ToolInputEnd("call_1", {"openai": {"namespace": "ns"}})
    more = {"async": True, "namespace": "ns", "caller": {"type": "program", "callerId": "prog_1"}}
    assert whole == ToolCall("call_1", "weather", "{}", provider_metadata=of("fc_1", **more))


USES = [{"recipient_name": "functions.weather", "parameters": {"city": city}} for city in ("Rome", "Bern")]
PARALLEL = {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "parallel"}


def parallel(uses: list[Any]) -> list[dict[str, Any]]:
    text = json.dumps({"tool_uses": uses})
    delta = event("function_call_arguments.delta", delta=text)
    return [added(**PARALLEL, arguments=""), delta, done(**PARALLEL, arguments=text, status="completed")]


def test_several_calls_in_one_are_taken_apart() -> None:
    parts = decode(*parallel(USES), tools=[WEATHER])
    wrapper = {"itemId": "fc_1", "toolCallId": "call_1", "toolName": "parallel", "count": 2}
    first = {"index": 0, "input": json.dumps({"tool_uses": USES})}
    assert parts[:4] == [
        ToolInputStart("call_1_0", "weather"),
        ToolInputDelta("call_1_0", '{"city":"Rome"}'),
        ToolInputEnd("call_1_0"),
        ToolCall(
            "call_1_0",
            "weather",
            '{"city":"Rome"}',
            provider_metadata={"openai": {"parallelToolCall": {**wrapper, **first}}},
        ),
    ]
    assert parts[7] == ToolCall(
        "call_1_1",
        "weather",
        '{"city":"Bern"}',
        provider_metadata={"openai": {"parallelToolCall": {**wrapper, "index": 1}}},
    )


@pytest.mark.parametrize(
    "uses",
    [[], [*USES, {"recipient_name": "functions.unknown", "parameters": {}}], [{"recipient_name": "weather"}]],
)
def test_but_not_where_one_of_them_was_not_declared(uses: list[Any]) -> None:
    start, _, _, call = decode(*parallel(uses), tools=[WEATHER])
    assert start == ToolInputStart("call_1", "parallel")
    assert isinstance(call, ToolCall)
    assert call.input == json.dumps({"tool_uses": uses})


def test_nor_where_the_caller_has_a_function_of_that_name() -> None:
    own = FunctionTool(name="parallel", input_schema={})
    start, delta, *_ = decode(*parallel(USES), tools=[WEATHER, own])
    assert (start, type(delta)) == (ToolInputStart("call_1", "parallel"), ToolInputDelta)


def test_what_was_held_back_of_it_comes_at_the_end_of_a_cut_stream() -> None:
    assert [type(part) for part in decode(*parallel(USES)[:2])] == [ToolInputStart, ToolInputDelta]


def test_the_input_of_a_custom_tool_is_text() -> None:
    item = {"type": "custom_tool_call", "id": "ctc_1", "call_id": "call_1", "name": "sql"}
    delta = event("custom_tool_call_input.delta", delta='SELECT "a"')
    parts = decode(added(**item, input=""), delta, done(**item, input='SELECT "a"', status="completed"))
    assert parts == [
        ToolInputStart("call_1", "sql", input_encoding="text"),
        ToolInputDelta("call_1", 'SELECT "a"'),
        ToolInputEnd("call_1"),
        ToolCall("call_1", "sql", r'"SELECT \"a\""', provider_metadata=of("ctc_1")),
    ]


CODE = {"type": "code_interpreter_call", "id": "ci_1", "container_id": "c", "code": None, "outputs": None}


def test_code_that_openai_runs_streams_as_json() -> None:
    parts = decode(
        added(**CODE, status="in_progress"),
        event("code_interpreter_call_code.delta", delta='print("'),
        event("code_interpreter_call_code.delta", delta='\n")'),
        event("code_interpreter_call_code.done", code='print("\n")'),
        done(**CODE | {"outputs": [{"type": "logs", "logs": "\n"}]}),
        tools=[provided("python", "code_interpreter")],
    )
    pieces = [part.delta for part in parts if isinstance(part, ToolInputDelta)]
    assert json.loads("".join(pieces)) == {"containerId": "c", "code": 'print("\n")'}
    assert parts[0] == ToolInputStart("ci_1", "python", provider_executed=True)
    arguments = r'{"code":"print(\"\n\")","containerId":"c"}'
    assert parts[-2:] == [
        ToolCall("ci_1", "python", arguments, provider_executed=True),
        ToolResult("ci_1", "python", {"outputs": [{"type": "logs", "logs": "\n"}]}),
    ]


PATCH = {"type": "apply_patch_call", "id": "apc_1", "call_id": "call_1"}
UPDATE = {"type": "update_file", "path": 'a"b', "diff": "+\nx"}
DIFF = "apply_patch_call_operation_diff"


@pytest.mark.parametrize(
    "between",
    [
        [event(f"{DIFF}.delta", delta="+\n"), event(f"{DIFF}.delta", delta="x"), event(f"{DIFF}.done", diff="+\nx")],
        [event(f"{DIFF}.done", diff="+\nx")],
        [],
    ],
)
def test_a_patch_streams_as_json(between: list[Any]) -> None:
    start = added(**PATCH, status="in_progress", operation=UPDATE | {"diff": ""})
    parts = decode(start, *between, done(**PATCH, status="completed", operation=UPDATE))
    pieces = [part.delta for part in parts if isinstance(part, ToolInputDelta)]
    assert json.loads("".join(pieces)) == {"callId": "call_1", "operation": UPDATE}
    arguments = json.dumps({"callId": "call_1", "operation": UPDATE}, separators=(",", ":"))
    assert parts[-2:] == [
        ToolInputEnd("call_1"),
        ToolCall("call_1", "apply_patch", arguments, provider_metadata=of("apc_1")),
    ]


def test_to_delete_a_file_needs_no_diff() -> None:
    item = {**PATCH, "operation": {"type": "delete_file", "path": "a"}}
    _, delta, end, call = decode(added(**item, status="in_progress"), done(**item, status="completed"))
    arguments = '{"callId":"call_1","operation":{"type":"delete_file","path":"a"}}'
    assert (delta, end) == (ToolInputDelta("call_1", arguments), ToolInputEnd("call_1"))
    assert call == ToolCall("call_1", "apply_patch", arguments, provider_metadata=of("apc_1"))


def test_the_caller_uses_the_computer() -> None:
    item = {"type": "computer_call", "id": "cu_1", "call_id": "call_1", "status": "completed"}
    scroll = {"type": "scroll", "x": 1, "y": 2, "scroll_x": 0, "scroll_y": 9, "keys": None}
    start, delta, end, call = decode(
        added(**item), done(**item, actions=[scroll], pending_safety_checks=[{"id": "s", "code": None}])
    )
    arguments = (
        '{"actions":[{"type":"scroll","x":1,"y":2,"scrollX":0,"scrollY":9}],'
        '"pendingSafetyChecks":[{"id":"s"}],"status":"completed"}'
    )
    assert (start, end) == (ToolInputStart("call_1", "computer"), ToolInputEnd("call_1"))
    assert delta == ToolInputDelta("call_1", arguments)
    assert call == ToolCall("call_1", "computer", arguments, provider_metadata=of("cu_1"))


def test_in_its_preview_openai_used_it() -> None:
    item = {"type": "computer_call", "id": "cu_1", "status": "completed"}
    *_, call, result = decode(added(**item), done(**item))
    assert call == ToolCall("cu_1", "computer_use", "", provider_executed=True)
    assert result == ToolResult("cu_1", "computer_use", {"type": "computer_use_tool_result", "status": "completed"})


def test_a_local_shell() -> None:
    action = {"type": "exec", "command": ["ls"], "working_directory": "/", "env": {"a_b": "c"}}
    item = {"type": "local_shell_call", "id": "ls_1", "call_id": "call_1", "action": action}
    arguments = '{"action":{"type":"exec","command":["ls"],"workingDirectory":"/","env":{"a_b":"c"}}}'
    assert decode(added(**item), done(**item)) == [
        ToolCall("call_1", "local_shell", arguments, provider_metadata=of("ls_1"))
    ]


SHELL = {"type": "shell_call", "id": "sh_1", "call_id": "call_1", "status": "completed"}
COMMANDS = {"commands": ["ls"], "timeout_ms": 5, "max_output_length": None}


def test_a_shell() -> None:
    output = {"stdout": "a", "stderr": "", "outcome": {"type": "exit", "exit_code": 1}}
    call, result = decode(
        added(**SHELL, action=COMMANDS),
        done(**SHELL, action=COMMANDS),
        done(**SHELL | {"type": "shell_call_output"}, output=[output], max_output_length=9),
    )
    arguments = '{"action":{"commands":["ls"],"timeoutMs":5}}'
    assert call == ToolCall("call_1", "shell", arguments, provider_metadata=of("sh_1"))
    told = {"stdout": "a", "stderr": "", "outcome": {"type": "exit", "exitCode": 1}}
    assert result == ToolResult("call_1", "shell", {"maxOutputLength": 9, "output": [told]})


SEARCH = {"type": "tool_search_call", "id": "ts_1", "status": "completed", "arguments": {"q": 1}}
FOUND = {"type": "tool_search_output", "id": "tso_1", "status": "completed", "tools": [{"name": "a"}]}


def test_openai_searches_for_tools() -> None:
    hosted = {"execution": "server", "call_id": None}
    assert decode(added(**SEARCH, **hosted), done(**SEARCH, **hosted), done(**FOUND, **hosted)) == [
        ToolInputStart("ts_1", "tool_search", provider_executed=True),
        ToolInputEnd("ts_1"),
        ToolCall(
            "ts_1",
            "tool_search",
            '{"arguments":{"q":1},"call_id":null}',
            provider_executed=True,
            provider_metadata=of("ts_1"),
        ),
        ToolResult("ts_1", "tool_search", {"tools": [{"name": "a"}]}, provider_metadata=of("tso_1")),
    ]


def test_or_the_caller_does() -> None:
    client = {"execution": "client", "call_id": "call_1"}
    arguments = '{"arguments":{"q":1},"call_id":"call_1"}'
    assert decode(added(**SEARCH, **client), done(**SEARCH, **client)) == [
        ToolInputStart("call_1", "tool_search"),
        ToolInputEnd("call_1"),
        ToolCall("call_1", "tool_search", arguments, provider_metadata=of("ts_1")),
    ]
