from typing import Any

import msgspec
import pytest

from edgechat.errors import InvalidToolApprovalError
from edgechat.generate.approval import Approval
from edgechat.generate.settings import step_count_is
from edgechat.generate.stream_parts import ToolCall
from edgechat.generate.text import TextStream, generate_text, stream_text
from edgechat.generate.tools import tool
from edgechat.model import prompt
from edgechat.testing.models import FakeModel, tool_call
from edgechat.ui import chunks as ui

SECRET = b"k" * 32


class Desk:
    """Books seats, and remembers which."""

    def __init__(self, needs_approval: Any = True) -> None:
        self.booked: list[int] = []

        @tool(needs_approval=needs_approval)
        def book(seat: int) -> str:
            """Books a seat."""
            self.booked.append(seat)
            return f"Seat {seat} is booked."

        self.tool = book


def asked(**changes: Any) -> list[prompt.ModelMessage]:
    """A conversation that ends with the user's answer to a request."""
    response: Any = {"approval_id": "a1", "approved": True} | changes
    return [
        prompt.UserMessage("Book seat 7"),
        prompt.AssistantMessage(
            [
                prompt.ToolCallPart(tool_call_id="c1", tool_name="book", input={"seat": 7}),
                prompt.ToolApprovalRequest(approval_id="a1", tool_call_id="c1"),
            ]
        ),
        prompt.ToolMessage([prompt.ToolApprovalResponse(**response)]),
    ]


async def chunks_of(stream: TextStream[Any]) -> list[ui.UIChunk]:
    return [chunk async for batch in stream.ui_message_stream() for chunk in batch]


async def test_a_tool_that_needs_approval_waits_for_it() -> None:
    desk = Desk()
    fake = FakeModel(tool_call("book", {"seat": 7}, id="c1"))
    stream = stream_text(model=fake, prompt="Book seat 7", tools=[desk.tool], stop_when=step_count_is(5))
    chunks = await chunks_of(stream)
    (request,) = [chunk for chunk in chunks if isinstance(chunk, ui.ToolApprovalRequest)]
    assert request.tool_call_id == "c1"
    assert (desk.booked, len(fake.calls)) == ([], 1)
    assert "tool-approval-request" in msgspec.json.encode(stream.response_messages).decode()


async def test_an_approved_call_is_run_before_the_model_goes_on() -> None:
    desk, fake = Desk(), FakeModel("Done.")
    stream = stream_text(model=fake, messages=asked(), tools=[desk.tool])
    chunks = await chunks_of(stream)
    assert desk.booked == [7]
    assert chunks[1] == ui.ToolOutputAvailable(tool_call_id="c1", output="Seat 7 is booked.")
    assert "Seat 7 is booked." in msgspec.json.encode(fake.calls[0].messages[-1]).decode()


async def test_a_denied_call_is_not_run_and_the_model_is_told() -> None:
    desk, fake = Desk(), FakeModel("As you wish.")
    stream = stream_text(model=fake, messages=asked(approved=False, reason="too dear"), tools=[desk.tool])
    chunks = await chunks_of(stream)
    assert desk.booked == []
    assert chunks[1] == ui.ToolOutputDenied(tool_call_id="c1")
    assert "execution-denied" in msgspec.json.encode(fake.calls[0].messages[-1]).decode()


async def test_the_same_approval_twice_runs_the_tool_once() -> None:
    desk, messages = Desk(), asked()
    last = messages[-1]
    assert isinstance(last, prompt.ToolMessage)
    last.content *= 2
    await generate_text(model=FakeModel("Done."), messages=messages, tools=[desk.tool])
    assert desk.booked == [7]


async def test_a_call_that_has_its_result_is_not_run_again() -> None:
    desk, messages = Desk(), asked()
    last = messages[-1]
    assert isinstance(last, prompt.ToolMessage)
    output = prompt.TextOutput(value="Seat 7 is booked.")
    last.content.append(prompt.ToolResultPart(tool_call_id="c1", tool_name="book", output=output))
    await generate_text(model=FakeModel("Done."), messages=messages, tools=[desk.tool])
    assert desk.booked == []


async def test_an_approval_of_what_was_never_asked_is_refused() -> None:
    desk = Desk()
    with pytest.raises(InvalidToolApprovalError, match="a2"):
        await generate_text(model=FakeModel("x"), messages=asked(approval_id="a2"), tools=[desk.tool])
    assert desk.booked == []


async def test_input_that_does_not_fit_the_tool_is_not_run_though_approved() -> None:
    desk, messages = Desk(), asked()
    assistant = messages[1]
    assert isinstance(assistant, prompt.AssistantMessage)
    assistant.content = [
        prompt.ToolCallPart(tool_call_id="c1", tool_name="book", input={"seat": "DROP TABLE"}),
        prompt.ToolApprovalRequest(approval_id="a1", tool_call_id="c1"),
    ]
    fake = FakeModel("Hm.")
    await generate_text(model=fake, messages=messages, tools=[desk.tool])
    assert desk.booked == []
    assert "Invalid input" in msgspec.json.encode(fake.calls[0].messages[-1]).decode()


async def round_trip(desk: Desk, change: Any = None) -> None:
    """A signed request, its approval, and in between what a client may have changed."""
    first = await generate_text(
        model=FakeModel(tool_call("book", {"seat": 7}, id="c1")),
        prompt="Book seat 7",
        tools=[desk.tool],
        approval_secret=SECRET,
    )
    messages = [prompt.UserMessage("Book seat 7"), *first.response_messages]
    if change:
        change(messages)
    (request,) = [
        part
        for message in messages
        if isinstance(message, prompt.AssistantMessage)
        for part in message.content
        if isinstance(part, prompt.ToolApprovalRequest)
    ]
    messages.append(prompt.ToolMessage([prompt.ToolApprovalResponse(approval_id=request.approval_id, approved=True)]))
    await generate_text(model=FakeModel("Done."), messages=messages, tools=[desk.tool], approval_secret=SECRET)


async def test_a_signed_request_that_comes_back_unchanged_is_run() -> None:
    desk = Desk()
    await round_trip(desk)
    assert desk.booked == [7]


def other_input(messages: list[Any]) -> None:
    messages[1].content[0].input = {"seat": 1}


def other_id(messages: list[Any]) -> None:
    messages[1].content[1].approval_id = "mine"


def no_signature(messages: list[Any]) -> None:
    messages[1].content[1].signature = None


def odd_signature(messages: list[Any]) -> None:
    messages[1].content[1].signature = "é"


@pytest.mark.parametrize("change", [other_input, other_id, no_signature, odd_signature])
async def test_a_signed_request_that_was_changed_is_refused(change: Any) -> None:
    desk = Desk()
    with pytest.raises(InvalidToolApprovalError, match="signature"):
        await round_trip(desk, change)
    assert desk.booked == []


async def test_the_need_may_depend_on_the_arguments() -> None:
    desk = Desk(needs_approval=lambda arguments: arguments.seat > 5)
    calls = [tool_call("book", {"seat": 3}), tool_call("book", {"seat": 7})]
    await generate_text(model=FakeModel(calls), prompt="Book", tools=[desk.tool])
    assert desk.booked == [3]


@pytest.mark.parametrize(("status", "booked"), [("approved", [7]), ("denied", []), ("not-applicable", [7])])
async def test_a_policy_may_decide_without_the_user(status: Any, booked: list[int]) -> None:
    async def policy(call: ToolCall) -> Approval:
        return Approval(status, reason=f"{call.tool_name}: house rule")

    desk = Desk()
    fake = FakeModel(tool_call("book", {"seat": 7}), "Well.")
    stream = stream_text(model=fake, prompt="Book", tools=[desk.tool], tool_approval=policy, stop_when=step_count_is(2))
    chunks = await chunks_of(stream)
    assert desk.booked == booked
    responses = [chunk for chunk in chunks if isinstance(chunk, ui.ToolApprovalResponse)]
    assert [(r.approved, r.reason) for r in responses] == (
        [] if status == "not-applicable" else [(status == "approved", "book: house rule")]
    )
    assert len(fake.calls) == 2


async def test_a_policy_may_overrule_the_user() -> None:
    desk = Desk()
    await generate_text(
        model=FakeModel("Well."), messages=asked(), tools=[desk.tool], tool_approval=lambda _call: Approval("denied")
    )
    assert desk.booked == []
