import json
from typing import Any

import pytest

from edgechat.errors import InvalidArgumentError, UnsupportedFunctionalityError
from edgechat.model.openai_responses import OpenAIResponses
from edgechat.model.prompt import (
    AssistantContent,
    AssistantMessage,
    ContentOutput,
    CustomPart,
    ErrorTextOutput,
    ExecutionDenied,
    FileData,
    FilePart,
    FileReference,
    FileSource,
    FileText,
    FileURL,
    JSONOutput,
    ModelMessage,
    ReasoningPart,
    SystemMessage,
    TextOutput,
    TextPart,
    ToolApprovalRequest,
    ToolApprovalResponse,
    ToolCallPart,
    ToolMessage,
    ToolOutput,
    ToolResultPart,
    UserMessage,
)
from edgechat.model.types import FunctionTool, ModelCall, ProviderTool

PNG = b"\x89PNG\r\n\x1a\n"


def request(
    *messages: ModelMessage,
    tools: list[FunctionTool | ProviderTool] | None = None,
    model: str = "gpt-5",
    **options: Any,
) -> tuple[list[Any], list[str]]:
    """The input, and the warnings."""
    call = ModelCall(messages=[*messages], tools=tools or [], provider_options={"openai": options})
    built = OpenAIResponses(model).build(call)
    return json.loads(built.body)["input"], built.warnings


def told(*messages: ModelMessage, **more: Any) -> list[Any]:
    return request(*messages, **more)[0]


def of(**metadata: Any) -> dict[str, dict[str, Any]]:
    return {"openai": metadata}


def answer(text: str = "Hello", **metadata: Any) -> TextPart:
    return TextPart(text=text, provider_options=of(**metadata))


def call(name: str, input: Any, call_id: str = "call_1", **metadata: Any) -> ToolCallPart:
    return ToolCallPart(tool_call_id=call_id, tool_name=name, input=input, provider_options=of(**metadata))


def result(name: str, output: ToolOutput, call_id: str = "call_1", **metadata: Any) -> ToolResultPart:
    return ToolResultPart(tool_call_id=call_id, tool_name=name, output=output, provider_options=of(**metadata))


def reference(item_id: str) -> dict[str, str]:
    return {"type": "item_reference", "id": item_id}


@pytest.mark.parametrize(("model", "role"), [("gpt-4o", "system"), ("gpt-5", "developer"), ("o3", "developer")])
def test_who_instructs_depends_on_the_model(model: str, role: str) -> None:
    assert told(SystemMessage("Be brief."), model=model) == [{"role": role, "content": "Be brief."}]


def test_system_messages_can_be_left_out() -> None:
    items, warnings = request(SystemMessage("Be brief."), systemMessageMode="remove")
    assert items == []
    assert len(warnings) == 1


def test_a_user_says_something() -> None:
    expected = {"role": "user", "content": [{"type": "input_text", "text": "Hi"}]}
    assert told(UserMessage("Hi")) == [expected]
    assert told(UserMessage([TextPart(text="Hi")])) == [expected]


@pytest.mark.parametrize(
    ("media_type", "source", "expected"),
    [
        ("image/*", FileData(PNG), {"type": "input_image", "image_url": "data:image/png;base64,iVBORw0KGgo="}),
        ("image/*", FileURL("https://e.com/a"), {"type": "input_image", "image_url": "https://e.com/a"}),
        ("image/png", FileReference({"openai": "file-1"}), {"type": "input_image", "file_id": "file-1"}),
        ("application/pdf", FileReference({"openai": "file-1"}), {"type": "input_file", "file_id": "file-1"}),
        ("application/pdf", FileURL("https://e.com/a"), {"type": "input_file", "file_url": "https://e.com/a"}),
        (
            "application/pdf",
            FileURL("data:application/pdf;base64,YQ=="),
            {"type": "input_file", "filename": "part-0.pdf", "file_data": "data:application/pdf;base64,YQ=="},
        ),
    ],
)
def test_a_user_shows_a_file(media_type: str, source: FileSource, expected: Any) -> None:
    assert told(UserMessage([FilePart(media_type=media_type, data=source)]))[0]["content"] == [expected]


def test_how_closely_an_image_is_looked_at_can_be_said() -> None:
    image = FilePart(media_type="image/png", data=FileURL("u"), provider_options=of(image_detail="low"))
    assert told(UserMessage([image]))[0]["content"][0]["detail"] == "low"


def test_which_other_files_a_model_reads_is_for_openai_to_say() -> None:
    message = UserMessage([FilePart(media_type="text/csv", filename="a.csv", data=FileData(b"a"))])
    expected = {"type": "input_file", "filename": "a.csv", "file_data": "data:text/csv;base64,YQ=="}
    assert told(message)[0]["content"] == [expected]


@pytest.mark.parametrize(
    ("source", "error"),
    [(FileText("a"), UnsupportedFunctionalityError), (FileReference({"x": "1"}), InvalidArgumentError)],
)
def test_some_files_are_refused(source: FileSource, error: type[Exception]) -> None:
    with pytest.raises(error):
        told(UserMessage([FilePart(media_type="text/plain", data=source)]))


def test_what_was_answered_is_told_by_its_id() -> None:
    message = AssistantMessage([answer(itemId="msg_1"), answer("again", itemId="msg_1"), TextPart(text="own")])
    assert told(message, model="gpt-4o") == [reference("msg_1"), {"role": "assistant", "content": "own"}]


def test_a_model_that_reasons_takes_the_id_only_after_its_reasoning() -> None:
    reasoning = ReasoningPart(text="Hm", provider_options=of(itemId="rs_1"))
    text = answer(itemId="msg_1", phase="final_answer")
    assert told(AssistantMessage([reasoning, text])) == [reference("rs_1"), reference("msg_1")]
    assert told(AssistantMessage([text])) == [{"role": "assistant", "content": "Hello", "phase": "final_answer"}]


def test_what_is_not_stored_is_told_in_full() -> None:
    parts: list[AssistantContent] = [
        ReasoningPart(text="One", provider_options=of(itemId="rs_1", reasoningEncryptedContent="old")),
        ReasoningPart(text="Two", provider_options=of(itemId="rs_1", reasoningEncryptedContent="new")),
        answer(itemId="msg_1"),
    ]
    summary = [{"type": "summary_text", "text": text} for text in ("One", "Two")]
    assert told(AssistantMessage(parts), store=False) == [
        {"type": "reasoning", "id": "rs_1", "encrypted_content": "new", "summary": summary},
        {"role": "assistant", "content": "Hello"},
    ]


def test_reasoning_that_nobody_can_read_is_left_out() -> None:
    message = AssistantMessage(
        [ReasoningPart(text="foreign"), ReasoningPart(text="Hm", provider_options=of(itemId="rs_1"))]
    )
    items, warnings = request(message, store=False)
    assert items == []
    assert len(warnings) == 2


def test_encrypted_reasoning_needs_no_id() -> None:
    part = ReasoningPart(text="", provider_options=of(reasoningEncryptedContent="xyz"))
    assert told(AssistantMessage([part])) == [{"type": "reasoning", "encrypted_content": "xyz", "summary": []}]


@pytest.mark.parametrize(
    ("input", "arguments"), [({"a": 1}, '{"a":1}'), ('{"a": 1}', '{"a": 1}'), ("no json", '"no json"'), (None, "null")]
)
def test_a_call_of_a_function_is_always_told_in_full(input: Any, arguments: str) -> None:
    messages = (
        AssistantMessage([call("weather", input, itemId="fc_1")]),
        ToolMessage([result("weather", TextOutput(value="sunny"))]),
    )
    expected = {"type": "function_call", "call_id": "call_1", "name": "weather", "arguments": arguments}
    assert told(*messages) == [
        expected,
        {"type": "function_call_output", "call_id": "call_1", "output": "sunny"},
    ]


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        (JSONOutput(value={"a": [1]}), '{"a":[1]}'),
        (ErrorTextOutput(value="Oh"), '{"error":"Oh"}'),
        (ExecutionDenied(), "Tool call execution denied."),
        (ExecutionDenied(reason="No"), "No"),
        (
            ContentOutput(value=[TextPart(text="a"), FilePart(media_type="image/png", data=FileData(PNG))]),
            [
                {"type": "input_text", "text": "a"},
                {"type": "input_image", "image_url": "data:image/png;base64,iVBORw0KGgo="},
            ],
        ),
    ],
)
def test_what_a_tool_answers(output: ToolOutput, expected: Any) -> None:
    assert told(ToolMessage([result("weather", output)]))[0]["output"] == expected


APPROVALS = (
    AssistantMessage(
        [
            ToolCallPart(tool_call_id="c1", tool_name="mcp.t", provider_executed=True),
            ToolApprovalRequest(approval_id="mcpr_1", tool_call_id="c1"),
            ToolCallPart(tool_call_id="c2", tool_name="weather"),
            ToolApprovalRequest(approval_id="own", tool_call_id="c2"),
        ]
    ),
    ToolMessage(
        [ToolApprovalResponse(approval_id=approval, approved=True) for approval in ("mcpr_1", "mcpr_1", "own")]
    ),
)


def test_what_the_user_said_to_openais_requests_is_told_once() -> None:
    response = {"type": "mcp_approval_response", "approval_request_id": "mcpr_1", "approve": True}
    assert told(*APPROVALS)[1:] == [reference("mcpr_1"), response]
    assert told(*APPROVALS, previousResponseId="resp_1")[1:] == [response]


def test_a_denial_that_was_told_needs_no_result() -> None:
    denied = ExecutionDenied(provider_options=of(approvalId="mcpr_1"))
    assert told(ToolMessage([result("mcp.t", denied)])) == []


def test_a_conversation_at_openai_knows_what_has_an_id() -> None:
    message = AssistantMessage(
        [
            ReasoningPart(text="Hm", provider_options=of(itemId="rs_1")),
            answer(itemId="msg_1"),
            call("weather", {}, itemId="fc_1"),
            result("web_search", JSONOutput(value={})),
            CustomPart(kind="openai.compaction", provider_options=of(itemId="cmp_1")),
        ]
    )
    assert told(message, conversation="conv_1") == []


@pytest.mark.parametrize("store", [True, False])
def test_a_compaction_is_told_again(store: bool) -> None:
    part = CustomPart(kind="openai.compaction", provider_options=of(itemId="cmp_1", encryptedContent="xyz"))
    full = {"type": "compaction", "id": "cmp_1", "encrypted_content": "xyz"}
    assert told(AssistantMessage([part]), store=store) == [reference("cmp_1") if store else full]


SEARCHED = {"action": {"type": "search", "query": "q"}, "sources": [{"type": "url", "url": "u"}]}
OWN_TOOLS: list[FunctionTool | ProviderTool] = [
    ProviderTool(id="openai.web_search", name="find"),
    ProviderTool(id="openai.code_interpreter", name="python"),
]


def test_what_openai_ran_is_told_by_its_id() -> None:
    asked = ToolCallPart(tool_call_id="ws_1", tool_name="find", input={}, provider_executed=True)
    found = result("find", JSONOutput(value=SEARCHED), "ws_1")
    assert told(AssistantMessage([asked, found]), tools=OWN_TOOLS) == [reference("ws_1")]


def test_or_by_that_of_its_result() -> None:
    found = result("find", JSONOutput(value=SEARCHED), "call_1", itemId="ws_1")
    assert told(AssistantMessage([found]), tools=OWN_TOOLS) == [reference("ws_1")]


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
    assert told(AssistantMessage([found]), tools=OWN_TOOLS, store=False) == [expected]


def test_other_results_of_openai_are_not() -> None:
    found = result("python", JSONOutput(value={"outputs": []}))
    items, warnings = request(AssistantMessage([found]), tools=OWN_TOOLS, store=False)
    assert items == []
    assert "python" in warnings[0]


@pytest.mark.parametrize("output", [ExecutionDenied(), JSONOutput(value={"type": "execution-denied"})])
def test_openai_knows_nothing_of_a_denied_call(output: ToolOutput) -> None:
    assert told(AssistantMessage([result("mcp.t", output)])) == []
