import pytest

from edgechat.errors import InvalidArgumentError
from edgechat.model.prompt import (
    AssistantContent,
    AssistantMessage,
    JSONOutput,
    ModelMessage,
    ReasoningPart,
    SystemMessage,
    TextPart,
    ToolApprovalRequest,
    ToolApprovalResponse,
    ToolCallPart,
    ToolMessage,
    ToolResultPart,
    UserMessage,
)
from edgechat.ui.prune import ToolPruning, prune_messages

THOUGHT = ReasoningPart(text="hm")
TEXT = TextPart(text="It is warm.")


def call(id: str, name: str = "weather") -> ToolCallPart:
    return ToolCallPart(tool_call_id=id, tool_name=name, input={})


def result(id: str, name: str = "weather") -> ToolResultPart:
    return ToolResultPart(tool_call_id=id, tool_name=name, output=JSONOutput(value=21))


def said(*parts: AssistantContent) -> AssistantMessage:
    return AssistantMessage(list(parts))


ASKED = ToolApprovalRequest(approval_id="a", tool_call_id="1")
ANSWERED = ToolApprovalResponse(approval_id="a", approved=True)
CHAT: list[ModelMessage] = [
    SystemMessage("Be kind."),
    UserMessage("hi"),
    said(THOUGHT, call("1"), call("2", "search"), ASKED),
    ToolMessage([ANSWERED, result("1"), result("2", "search")]),
    said(THOUGHT, TEXT),
]


def test_without_a_wish_nothing_is_left_out_but_empty_messages() -> None:
    assert prune_messages(CHAT) == CHAT
    assert prune_messages([SystemMessage(""), *CHAT, said()]) == CHAT
    assert prune_messages([said()], empty_messages="keep") == [said()]


def test_reasoning_is_left_out() -> None:
    assert prune_messages(CHAT, reasoning="all")[4] == said(TEXT)
    before_last = prune_messages(CHAT, reasoning="before-last-message")
    assert before_last[2:] == [said(call("1"), call("2", "search"), ASKED), CHAT[3], CHAT[4]]
    assert prune_messages([AssistantMessage("hm")], reasoning="all") == [AssistantMessage("hm")]


def test_calls_are_left_out_with_their_results_and_with_the_reasoning_before_them() -> None:
    assert prune_messages(CHAT, tool_calls="all") == [*CHAT[:2], CHAT[4]]
    kept = prune_messages(CHAT, tool_calls="all", empty_messages="keep")
    assert kept[2:4] == [said(), ToolMessage([])]


def test_reasoning_stays_if_something_after_it_does() -> None:
    assert prune_messages([said(THOUGHT, THOUGHT, call("1"), TEXT)], tool_calls="all") == [said(THOUGHT, THOUGHT, TEXT)]
    assert prune_messages([said(call("1"), THOUGHT)], tool_calls="all") == [said(THOUGHT)]


def test_calls_of_some_tools_are_left_out() -> None:
    pruned = prune_messages(CHAT, tool_calls=[ToolPruning("all", ["weather"])])
    assert pruned[2:4] == [said(THOUGHT, call("2", "search")), ToolMessage([result("2", "search")])]
    assert prune_messages(CHAT, tool_calls=[ToolPruning("all", [])]) == CHAT


@pytest.mark.parametrize(
    ("when", "count"), [("before-last-message", 3), ("before-last-1-messages", 3), ("before-last-9-messages", 5)]
)
def test_the_last_messages_are_left_as_they_are(when: str, count: int) -> None:
    assert len(prune_messages(CHAT, tool_calls=when)) == count


def test_a_call_stays_if_its_result_or_its_approval_does() -> None:
    assert prune_messages(CHAT, tool_calls="before-last-2-messages") == CHAT
    waiting: list[ModelMessage] = [said(call("1"), ASKED), ToolMessage([ANSWERED])]
    assert prune_messages(waiting, tool_calls="before-last-message") == waiting


def test_what_came_in_is_not_changed() -> None:
    message = said(THOUGHT, call("1"))
    prune_messages([message], reasoning="all", tool_calls="all")
    assert message == said(THOUGHT, call("1"))


def test_a_wish_that_cannot_be_read_is_refused() -> None:
    with pytest.raises(InvalidArgumentError, match="before-last-x-messages"):
        prune_messages(CHAT, tool_calls="before-last-x-messages")
