"""OpenAI's own tools in a conversation that is told again."""

import json
from typing import Any

import pytest

from edgechat.errors import InvalidArgumentError
from edgechat.model.openai_responses import OpenAIResponses
from edgechat.model.prompt import (
    AssistantContent,
    AssistantMessage,
    ExecutionDenied,
    JSONOutput,
    ModelMessage,
    TextOutput,
    ToolCallPart,
    ToolMessage,
    ToolOutput,
    ToolResultPart,
)
from edgechat.model.types import ModelCall, ProviderTool

TOOLS = [
    ProviderTool(id=f"openai.{kind}", name=name)
    for kind, name in [
        ("apply_patch", "patch"),
        ("computer", "computer"),
        ("local_shell", "run"),
        ("shell", "bash"),
        ("custom", "sql"),
        ("tool_search", "find_tools"),
        ("programmatic_tool_calling", "programs"),
        ("web_search", "find"),
        ("code_interpreter", "python"),
    ]
]


def told(*messages: ModelMessage, **options: Any) -> list[Any]:
    call = ModelCall(messages=[*messages], tools=[*TOOLS], provider_options={"openai": options})
    items: list[Any] = json.loads(OpenAIResponses("gpt-5").build(call).body)["input"]
    return items


def call(name: str, input: Any, *, hosted: bool = False, item_id: str | None = "it_1") -> ToolCallPart:
    return ToolCallPart(
        tool_call_id="call_1",
        tool_name=name,
        input=input,
        provider_executed=hosted or None,
        provider_options={"openai": {"itemId": item_id}} if item_id else None,
    )


def result(name: str, output: ToolOutput, item_id: str | None = None) -> ToolResultPart:
    options = {"openai": {"itemId": item_id}} if item_id else None
    return ToolResultPart(tool_call_id="call_1", tool_name=name, output=output, provider_options=options)


OWN_CALLS = [
    (
        "run",
        {"action": {"type": "exec", "command": ["ls"], "timeoutMs": 5, "env": {"myVar": "x"}}},
        {
            "type": "local_shell_call",
            "action": {"type": "exec", "command": ["ls"], "timeout_ms": 5, "env": {"myVar": "x"}},
        },
    ),
    (
        "bash",
        {"action": {"commands": ["ls"], "maxOutputLength": 9}},
        {"type": "shell_call", "status": "completed", "action": {"commands": ["ls"], "max_output_length": 9}},
    ),
    (
        "patch",
        {"callId": "call_1", "operation": {"type": "delete_file", "path": "a"}},
        {
            "type": "apply_patch_call",
            "status": "completed",
            "operation": {"type": "delete_file", "path": "a"},
        },
    ),
    (
        "computer",
        {
            "actions": [{"type": "scroll", "x": 1, "y": 2, "scrollX": 3, "scrollY": 4}],
            "pendingSafetyChecks": [{"id": "s"}],
            "status": "incomplete",
        },
        {
            "type": "computer_call",
            "status": "incomplete",
            "actions": [{"type": "scroll", "x": 1, "y": 2, "scroll_x": 3, "scroll_y": 4}],
            "pending_safety_checks": [{"id": "s"}],
        },
    ),
    ("sql", "SELECT 1", {"type": "custom_tool_call", "name": "sql", "input": "SELECT 1"}),
]


@pytest.mark.parametrize(("name", "input", "expected"), OWN_CALLS)
def test_a_call_of_openais_own_tools_is_told_as_it_was(name: str, input: Any, expected: dict[str, Any]) -> None:
    message = AssistantMessage([call(name, input)])
    assert told(message, store=False) == [expected | {"id": "it_1", "call_id": "call_1"}]


@pytest.mark.parametrize(("name", "input", "expected"), OWN_CALLS)
def test_or_by_its_id_where_it_is_stored(name: str, input: Any, expected: Any) -> None:
    message = AssistantMessage([call(name, input)])
    assert told(message) == [{"type": "item_reference", "id": "it_1"}]
    assert told(message, previousResponseId="resp_1") == []


@pytest.mark.parametrize(
    ("name", "output", "expected"),
    [
        ("run", {"output": "a"}, {"type": "local_shell_call_output", "output": "a"}),
        (
            "bash",
            {"output": [{"stdout": "a", "stderr": "", "outcome": {"type": "exit", "exitCode": 1}}]},
            {
                "type": "shell_call_output",
                "output": [{"stdout": "a", "stderr": "", "outcome": {"type": "exit", "exit_code": 1}}],
            },
        ),
        ("patch", {"status": "failed"}, {"type": "apply_patch_call_output", "status": "failed"}),
        (
            "computer",
            {"output": {"type": "computer_screenshot", "imageUrl": "u"}, "acknowledgedSafetyChecks": [{"id": "s"}]},
            {
                "type": "computer_call_output",
                "output": {"type": "computer_screenshot", "image_url": "u"},
                "acknowledged_safety_checks": [{"id": "s"}],
            },
        ),
        ("find_tools", {"tools": [{"aB": 1}]}, {"type": "tool_search_output", "tools": [{"aB": 1}]}),
        ("sql", {"rows": 1}, {"type": "custom_tool_call_output", "output": '{"rows":1}'}),
    ],
)
def test_and_so_is_its_result(name: str, output: Any, expected: dict[str, Any]) -> None:
    if name == "find_tools":
        expected |= {"execution": "client", "status": "completed"}
    assert told(ToolMessage([result(name, JSONOutput(value=output))])) == [expected | {"call_id": "call_1"}]


def test_an_input_that_such_a_tool_cannot_have_had_is_refused() -> None:
    with pytest.raises(InvalidArgumentError, match="call_1"):
        told(AssistantMessage([call("bash", {"action": 5}, item_id=None)]))


def test_a_text_from_such_a_tool_is_told_like_that_of_a_function() -> None:
    items = told(ToolMessage([result("bash", TextOutput(value="a"))]))
    assert items == [{"type": "function_call_output", "call_id": "call_1", "output": "a"}]


SEARCHED = {"action": {"type": "search", "query": "q"}, "sources": [{"type": "url", "url": "u"}]}
SEARCH: list[AssistantContent] = [
    call("find", {}, hosted=True, item_id=None),
    result("find", JSONOutput(value=SEARCHED), "ws_1"),
]


def test_what_openai_ran_is_told_by_its_id() -> None:
    assert told(AssistantMessage(SEARCH)) == [{"type": "item_reference", "id": "ws_1"}]


@pytest.mark.parametrize(
    ("output", "action"),
    [
        (SEARCHED, {"type": "search", "query": "q", "sources": [{"type": "url", "url": "u"}]}),
        ({"action": {"type": "openPage", "url": None}}, {"type": "open_page", "url": None}),
        ({"action": {"type": "findInPage", "pattern": "p"}}, {"type": "find_in_page", "pattern": "p"}),
    ],
)
def test_a_search_in_the_web_is_told_even_where_nothing_is_stored(output: Any, action: Any) -> None:
    found = result("find", JSONOutput(value=output), "ws_1")
    expected = {"type": "web_search_call", "id": "ws_1", "status": "completed", "action": action}
    assert told(AssistantMessage([found]), store=False) == [expected]


def test_other_results_of_openai_are_not() -> None:
    found = result("python", JSONOutput(value={"outputs": []}))
    options = {"openai": {"store": False}}
    request = OpenAIResponses("gpt-5").build(
        ModelCall(messages=[AssistantMessage([found])], tools=[*TOOLS], provider_options=options)
    )
    assert json.loads(request.body)["input"] == []
    assert "python" in request.warnings[0]


@pytest.mark.parametrize("output", [ExecutionDenied(), JSONOutput(value={"type": "execution-denied"})])
def test_openai_knows_nothing_of_a_denied_call(output: ToolOutput) -> None:
    assert told(AssistantMessage([result("mcp.t", output)])) == []


def test_a_shell_at_openai_is_told_with_its_output() -> None:
    output = {"output": [{"stdout": "a", "stderr": "", "outcome": {"type": "timeout"}}]}
    parts: list[AssistantContent] = [
        call("bash", {"action": {"commands": ["ls"]}}, hosted=True),
        result("bash", JSONOutput(value=output), "it_1"),
    ]
    kinds = ["shell_call", "shell_call_output"]
    assert [item["type"] for item in told(AssistantMessage(parts), store=False)] == kinds
    assert [item["type"] for item in told(AssistantMessage(parts))] == ["item_reference", kinds[1]]


def test_a_search_for_tools_and_what_it_found() -> None:
    parts: list[AssistantContent] = [
        call("find_tools", {"arguments": {"aB": 1}, "call_id": None}, hosted=True),
        result("find_tools", JSONOutput(value={"tools": []}), "it_2"),
    ]
    found = {"status": "completed", "execution": "server", "call_id": None}
    assert told(AssistantMessage(parts), store=False) == [
        {"type": "tool_search_call", "id": "it_1", "arguments": {"aB": 1}, **found},
        {"type": "tool_search_output", "id": "it_2", "tools": [], **found},
    ]
    assert [item["id"] for item in told(AssistantMessage(parts))] == ["it_1", "it_2"]


def test_a_program_and_its_output() -> None:
    parts: list[AssistantContent] = [
        call("programs", {"code": "x", "fingerprint": "f"}, hosted=True),
        result("programs", JSONOutput(value={"result": "r", "status": "completed"}), "it_2"),
    ]
    assert told(AssistantMessage(parts), store=False) == [
        {"type": "program", "id": "it_1", "call_id": "call_1", "code": "x", "fingerprint": "f"},
        {"type": "program_output", "id": "it_2", "call_id": "call_1", "result": "r", "status": "completed"},
    ]
