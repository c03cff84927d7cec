from copy import deepcopy
from typing import Any

import pytest
from msgspec import UNSET

from edgechat.errors import UIMessageStreamError
from edgechat.ui import chunks as ui
from edgechat.ui.fold import MessageFold
from edgechat.ui.messages import StepStartPart, ToolApproval, ToolPart, UIMessage, UIPart


def fold(*chunks: ui.UIChunk, parts: list[UIPart] | None = None) -> MessageFold:
    result = MessageFold(UIMessage(id="m", role="assistant", parts=parts or []))
    for chunk in chunks:
        result.apply(chunk)
    return result


def tools(*chunks: ui.UIChunk, parts: list[UIPart] | None = None) -> list[ToolPart]:
    return [part for part in fold(*chunks, parts=parts).message.parts if isinstance(part, ToolPart)]


def start(**fields: Any) -> ui.ToolInputStart:
    return ui.ToolInputStart(tool_call_id="c", tool_name="add", **fields)


def delta(text: str) -> ui.ToolInputDelta:
    return ui.ToolInputDelta(tool_call_id="c", input_text_delta=text)


def available(**fields: Any) -> ui.ToolInputAvailable:
    return ui.ToolInputAvailable(tool_call_id="c", tool_name="add", **({"input": [1]} | fields))


def test_a_tool_is_called_and_answers() -> None:
    result = MessageFold(UIMessage(id="m", role="assistant"))
    seen = []
    for chunk in (
        start(provider_metadata={"p": {"n": 1}}),
        delta('{"a":'),
        delta(" 1"),
        available(input={"a": 1}),
        ui.ToolOutputAvailable(tool_call_id="c", output=5, preliminary=True, provider_metadata={"p": {"n": 2}}),
        ui.ToolOutputAvailable(tool_call_id="c", output=None),
    ):
        part = result.apply(chunk)
        assert isinstance(part, ToolPart)
        assert part is result.message.parts[0]
        seen.append((part.state, deepcopy(part.input), part.raw_input, part.output, part.preliminary))
    assert seen == [
        ("input-streaming", UNSET, None, UNSET, None),
        ("input-streaming", {}, '{"a":', UNSET, None),
        ("input-streaming", {"a": 1}, '{"a": 1', UNSET, None),
        ("input-available", {"a": 1}, None, UNSET, None),
        ("output-available", {"a": 1}, None, 5, True),
        ("output-available", {"a": 1}, None, None, None),
    ]
    assert result.message.parts == [
        ToolPart(
            type="tool-add",
            tool_call_id="c",
            state="output-available",
            input={"a": 1},
            output=None,
            call_provider_metadata={"p": {"n": 1}},
            result_provider_metadata={"p": {"n": 2}},
        )
    ]


def test_a_dynamic_tool_has_its_name_beside_its_type() -> None:
    assert tools(start(dynamic=True), available(dynamic=True)) == [
        ToolPart(type="dynamic-tool", tool_name="add", tool_call_id="c", state="input-available", input=[1])
    ]


def test_an_input_may_be_plain_text() -> None:
    assert tools(start(input_encoding="text"), delta("[1"), delta(", 2")) == [
        ToolPart(
            type="tool-add",
            tool_call_id="c",
            state="input-streaming",
            input="[1, 2",
            raw_input="[1, 2",
            input_encoding="text",
        )
    ]


def test_what_an_update_does_not_bring_again_stays() -> None:
    (part,) = tools(
        start(title="T", tool_metadata={"k": 1}, provider_executed=True),
        available(),
        ui.ToolOutputError(tool_call_id="c", error_text="no"),
    )
    assert (part.title, part.tool_metadata, part.provider_executed) == ("T", {"k": 1}, True)
    assert (part.state, part.input, part.error_text) == ("output-error", [1], "no")


def test_a_failed_call_can_answer_after_all() -> None:
    (part,) = tools(
        available(),
        ui.ToolOutputError(tool_call_id="c", error_text="no"),
        ui.ToolOutputAvailable(tool_call_id="c", output=1),
    )
    assert (part.state, part.output, part.error_text) == ("output-available", 1, None)


def test_a_wrong_input_is_kept_with_its_error_in_the_part_that_was_begun() -> None:
    chunk = ui.ToolInputError(tool_call_id="c", tool_name="add", input="[", error_text="bad", dynamic=True, title="T")
    assert tools(start(), chunk) == [
        ToolPart(type="tool-add", tool_call_id="c", state="output-error", input="[", error_text="bad")
    ]
    assert [part.type for part in tools(chunk)] == ["dynamic-tool"]


def test_a_call_of_an_earlier_step_can_still_be_answered() -> None:
    first, second = tools(available(), ui.StartStep(), available(), ui.ToolOutputAvailable(tool_call_id="c", output=1))
    assert (first.output, second.output) == (UNSET, 1)
    (part,) = tools(available(), ui.StartStep(), ui.ToolOutputDenied(tool_call_id="c"))
    assert part.state == "output-denied"


def test_a_call_is_approved_by_the_id_of_the_request() -> None:
    result = fold(
        available(),
        ui.ToolApprovalRequest(
            approval_id="a", tool_call_id="c", reason="why", approval_descriptor={"d": 1}, is_automatic=False
        ),
        ui.StartStep(),
    )
    (part, _) = result.message.parts
    assert isinstance(part, ToolPart)
    assert (part.state, part.approval) == (
        "approval-requested",
        ToolApproval(id="a", request_reason="why", descriptor={"d": 1}),
    )
    response = ui.ToolApprovalResponse(
        approval_id="a", approved=True, reason="go", provider_executed=True, provider_metadata={"p": {}}
    )
    assert result.apply(response) is part
    assert (part.state, part.approval) == (
        "approval-responded",
        ToolApproval(id="a", approved=True, request_reason="why", reason="go", descriptor={"d": 1}),
    )
    assert (part.provider_executed, part.call_provider_metadata) == (True, {"p": {}})
    result.apply(ui.ToolOutputAvailable(tool_call_id="c", output=1))
    assert part.approval == ToolApproval(id="a", approved=True, request_reason="why", reason="go", descriptor={"d": 1})


def test_a_saved_input_goes_on_from_its_text() -> None:
    parts: list[UIPart] = [
        ToolPart(type="tool-add", tool_call_id="old", state="input-streaming", raw_input="[7"),
        StepStartPart(),
        ToolPart(type="tool-add", tool_call_id="c", state="input-streaming", raw_input='{"a":[1', title="T"),
    ]
    result = fold(delta(", 2"), parts=parts)
    assert result.message.parts[2] == ToolPart(
        type="tool-add",
        tool_call_id="c",
        state="input-streaming",
        raw_input='{"a":[1, 2',
        title="T",
        input={"a": [1, 2]},
    )
    with pytest.raises(UIMessageStreamError):
        result.apply(ui.ToolInputDelta(tool_call_id="old", input_text_delta="8"))


def test_an_input_that_goes_on_in_another_step_leaves_the_old_part_as_it_was() -> None:
    old, new = tools(start(), delta("[1"), ui.StartStep(), available(), delta(", 2"))
    assert (old.input, old.raw_input) == ([1], "[1")
    assert (new.input, new.raw_input) == ([1, 2], "[1, 2")


def test_a_new_part_does_not_share_the_executor_of_its_call() -> None:
    old, new = tools(start(provider_executed=True), ui.StartStep(), delta("1"))
    assert (old.provider_executed, new.provider_executed) == (True, None)


def test_only_calls_that_the_page_has_to_answer_are_told() -> None:
    told: list[ui.ToolInputAvailable] = []
    result = MessageFold(UIMessage(id="m", role="assistant"), on_tool_call=told.append)
    for chunk in (available(), available(provider_executed=True), available(dynamic=True)):
        result.apply(chunk)
    assert told == [available(), available(dynamic=True)]


@pytest.mark.parametrize(
    ("chunk", "kind", "name"),
    [
        (delta("1"), "tool-input-delta", "c"),
        (ui.ToolOutputAvailable(tool_call_id="__proto__", output=1), "tool-invocation", "__proto__"),
        (ui.ToolOutputError(tool_call_id="x", error_text=""), "tool-invocation", "x"),
        (ui.ToolOutputDenied(tool_call_id="x"), "tool-invocation", "x"),
        (ui.ToolApprovalRequest(approval_id="a", tool_call_id="x"), "tool-invocation", "x"),
        (ui.ToolApprovalResponse(approval_id="a", approved=True), "tool-approval-response", "a"),
    ],
)
def test_a_call_that_is_not_there_cannot_go_on(chunk: ui.UIChunk, kind: str, name: str) -> None:
    with pytest.raises(UIMessageStreamError) as caught:
        fold(chunk)
    assert (caught.value.chunk_type, caught.value.chunk_id) == (kind, name)


def test_a_step_that_begins_anew_forgets_its_inputs() -> None:
    with pytest.raises(UIMessageStreamError):
        fold(start(), ui.ResetStep(), delta("1"))
