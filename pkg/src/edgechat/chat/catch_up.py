"""An answer that is told again from its beginning takes the place of the one that is shown."""

from msgspec.structs import replace

from edgechat.chat.changes import Changes
from edgechat.ui.messages import DataPart, ReasoningPart, TextPart, ToolPart, UIMessage, UIPart
from edgechat.ui.tool_fold import INTERRUPTED


def is_as_far(new: UIMessage, shown: UIMessage) -> bool:
    """Whether nothing that is shown would get lost, not even for a moment."""
    return len(new.parts) >= len(shown.parts) and all(map(_is_as_far, new.parts, shown.parts))


def _is_as_far(new: UIPart, shown: UIPart) -> bool:
    match new, shown:
        case TextPart() | ReasoningPart(), TextPart() | ReasoningPart():
            is_open = shown.state == "streaming" or new.state != "streaming"
            return len(new.text) > len(shown.text) or (is_open and len(new.text) == len(shown.text))
        case ToolPart(), ToolPart():
            if shown.state == "input-streaming" and new.state == "input-streaming":
                return len(new.raw_input or "") >= len(shown.raw_input or "")
            is_asked = new.approval is not None or shown.approval is None
            return is_interrupted(shown) or (new.state != "input-streaming" and is_asked)
        case DataPart(), DataPart():
            return bool(new.data == shown.data)
    return True


def adopt(new: UIMessage, shown: UIMessage, changes: Changes) -> None:
    """Makes `shown` what `new` is, and tells what that changes. They share their list of parts from now on."""
    before = shown.parts
    calls = {part.tool_call_id: part for part in before if isinstance(part, ToolPart)}
    for part in new.parts:
        # What the user has answered is not told again.
        if isinstance(part, ToolPart) and (known := calls.get(part.tool_call_id)) and _is_answered(part, known):
            part.state, part.approval = known.state, known.approval
            part.output, part.preliminary, part.error_text = known.output, known.preliminary, known.error_text
            part.result_provider_metadata = known.result_provider_metadata
    is_other = new.id != shown.id or new.metadata != shown.metadata or len(new.parts) < len(before)
    shown.id, shown.metadata, shown.parts = new.id, new.metadata, new.parts
    if is_other:
        changes.message_changed(shown)
        return
    for index, (part, old) in enumerate(zip(shown.parts, before, strict=False)):
        if part == old:
            continue
        text = _added(part, old)
        if text is not None:
            changes.text_appended(shown, index, text)
        else:
            changes.part_changed(shown, index)
    for index in range(len(before), len(shown.parts)):
        changes.part_changed(shown, index)


def _is_answered(new: ToolPart, known: ToolPart) -> bool:
    return new.state in ("input-available", "approval-requested") and not (
        known.state in ("input-streaming", "input-available", "approval-requested") or is_interrupted(known)
    )


def is_interrupted(part: ToolPart) -> bool:
    return part.error_text == INTERRUPTED


def _added(part: UIPart, old: UIPart) -> str | None:
    """What a text has grown by, if that is all that has changed."""
    if isinstance(part, TextPart | ReasoningPart) and isinstance(old, type(part)) and part.text.startswith(old.text):
        return part.text[len(old.text) :] if replace(old, text=part.text) == part else None
    return None
