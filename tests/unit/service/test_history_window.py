import pytest
from remembering import said

from edgechat.model.prompt import AssistantMessage, ToolMessage, UserMessage
from edgechat.ui.convert import convert_to_model_messages
from edgechat.ui.messages import DataPart, FilePart, ReasoningPart, StepStartPart, ToolPart, UIMessage, UIPart
from service.history.window import BUDGET, Past, estimate_tokens


def answer(*parts: UIPart) -> UIMessage:
    return UIMessage(id="a1", role="assistant", parts=list(parts))


EMPTY = estimate_tokens(answer())


@pytest.mark.parametrize(
    ("part", "tokens"),
    [
        (said("u", "x" * 400).parts[0], 100),
        (said("u", "日" * 400).parts[0], 300),
        (ReasoningPart(text="x" * 40), 10),
        (ToolPart(type="tool-t", tool_call_id="c", state="input-available", input={"a": "x" * 32}), 10),
        (ToolPart(type="tool-t", tool_call_id="c", state="output-available", input=None, output="x" * 398), 101),
        (FilePart(media_type="image/png", url="data:image/png;base64," + "A" * 100_000), 1000),
        (DataPart(type="data-figures", data="x" * 1000), 0),
        (StepStartPart(), 0),
    ],
)
def test_four_letters_are_a_token(part: UIPart, tokens: int) -> None:
    assert estimate_tokens(answer(part)) - EMPTY == tokens


def ids(past: Past) -> list[str]:
    return [message.id for message in past.messages]


PAST = Past([said(name, "x" * 396) for name in ("u1", "a1", "u2", "a2")])
EACH = estimate_tokens(PAST.messages[0])


def test_all_is_told_of_what_is_short() -> None:
    assert PAST.fitted() == PAST
    assert PAST.tokens == 4 * EACH < BUDGET
    assert Past().fitted() == Past()


@pytest.mark.parametrize(
    ("room", "expected"), [(4, ["u1", "a1", "u2", "a2"]), (3, ["u2", "a2"]), (2, ["u2", "a2"]), (1, [])]
)
def test_the_newest_messages_are_told_from_a_message_of_the_user_on(room: int, expected: list[str]) -> None:
    assert ids(PAST.fitted(room * EACH)) == expected
    assert ids(PAST.fitted(room * EACH - 1)) == ids(PAST.fitted((room - 1) * EACH))


def test_a_summary_takes_its_room_too() -> None:
    summary = "y" * 396
    past = Past(PAST.messages, summary).fitted(4 * EACH)
    assert ids(past) == ["u2", "a2"]
    assert past.summary == summary
    assert past.tokens <= 4 * EACH


def test_what_a_file_holds_does_not_count_but_that_there_is_one() -> None:
    assert Past([answer(FilePart(media_type="image/png", url="https://x/" + "y" * 9000))]).tokens == EMPTY + 1000


def test_no_tool_call_loses_its_result() -> None:
    call = ToolPart(type="tool-t", tool_call_id="c", state="output-available", input={}, output="x" * 800)
    past = Past([said("u1"), answer(call), said("u2"), said("a2")])
    for budget in range(0, past.tokens + 50, 5):
        told = convert_to_model_messages(past.fitted(budget).messages)
        calls = [
            message for message in told if isinstance(message, AssistantMessage) and message.content != "text of a2"
        ]
        results = [message for message in told if isinstance(message, ToolMessage)]
        assert not told or isinstance(told[0], UserMessage)
        assert (len(results) == 1) == (len(told) > 2)
        assert calls or not results


def test_the_summary_goes_into_the_instructions() -> None:
    assert Past().instructions("Be kind.") == "Be kind."
    told = Past([], "Her name is Ann.").instructions("Be kind.")
    assert told.startswith("Be kind.\n")
    assert told.endswith("\nHer name is Ann.")
