"""What the last message waits for. Two of these are for `Chat(send_automatically_when=...)`."""

from collections.abc import Sequence

from edgechat.ui.messages import TextPart, ToolPart, UIMessage, UIPart
from edgechat.ui.tool_fold import step_begin


def last_assistant_message_is_complete_with_tool_calls(messages: Sequence[UIMessage]) -> bool:
    """Whether its last step called tools of the page, all have answered, and no text after them is unfinished."""
    parts = _last_step(messages)
    calls = [index for index, part in enumerate(parts) if isinstance(part, ToolPart) and not part.provider_executed]
    return (
        bool(calls)
        and all(_has_result(parts[index]) for index in calls)
        and all(not isinstance(part, TextPart) or part.state == "done" for part in parts[calls[-1] + 1 :])
    )


def last_assistant_message_is_complete_with_approval_responses(messages: Sequence[UIMessage]) -> bool:
    """Whether its last step asked for approvals, and has got all of them."""
    calls = [part for part in _last_step(messages) if isinstance(part, ToolPart)]
    return any(part.state == "approval-responded" for part in calls) and all(
        part.state in ("output-denied", "approval-responded") or _has_result(part) for part in calls
    )


def is_waiting_for_user(message: UIMessage | None) -> bool:
    """For a result, or for an approval, which may be given but not sent yet."""
    return any(part.state == "approval-responded" or _is_open(part) for part in _calls(message))


def has_approval(message: UIMessage) -> bool:
    return any(part.state == "approval-responded" for part in _calls(message))


def has_unsent_approval(message: UIMessage | None) -> bool:
    """An approval was given and nothing else is waited for."""
    calls = _calls(message)
    return any(part.state == "approval-responded" for part in calls) and not any(map(_is_open, calls))


def is_unfinished(message: UIMessage | None) -> bool:
    """Whether a stream may go on in the middle of a tool call."""
    return any(
        part.state in ("input-streaming", "approval-responded")
        or (part.state == "input-available" and part.provider_executed)
        for part in _calls(message)
    )


def _last_step(messages: Sequence[UIMessage]) -> list[UIPart]:
    if not messages or messages[-1].role != "assistant":
        return []
    parts = messages[-1].parts
    return parts[step_begin(parts) :]


def _calls(message: UIMessage | None) -> list[ToolPart]:
    if message is None or message.role != "assistant":
        return []
    return [part for part in message.parts if isinstance(part, ToolPart)]


def _has_result(part: UIPart) -> bool:
    return isinstance(part, ToolPart) and (
        (part.state == "output-available" and part.preliminary is not True) or part.state == "output-error"
    )


def _is_open(part: ToolPart) -> bool:
    return part.state == "approval-requested" or (
        not part.provider_executed and part.state in ("input-streaming", "input-available")
    )
