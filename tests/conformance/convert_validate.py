"""Validation of UI messages, and their conversion to model messages. Invalid ones are converted too, if they can be."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from conformance import files
from conformance.compare import difference
from edgechat.errors import MessageConversionError, TypeValidationError
from edgechat.ui.convert import convert_to_model_messages
from edgechat.ui.messages import UIMessage, decode_messages
from edgechat.ui.validate import safe_validate_ui_messages

BAR = 1.0


def cases(file: Path) -> Iterator[tuple[str, Any]]:
    yield from files.lines(file)


def check(case: Any) -> str | None:
    data = json.dumps(case["messages"])
    messages = safe_validate_ui_messages(data)
    is_valid = not isinstance(messages, TypeValidationError)
    if is_valid != case["valid"]:
        return f"valid: {is_valid}, expected {case['valid']}: {messages}"
    if isinstance(messages, TypeValidationError):
        messages = decode_messages(data)
    return _convert(messages, False, case.get("model")) or _convert(messages, True, case.get("modelIgnoreIncomplete"))


def _convert(messages: list[UIMessage], ignore_incomplete: bool, expected: Any) -> str | None:
    """`expected` is None where the reference throws."""
    try:
        converted = convert_to_model_messages(messages, ignore_incomplete_tool_calls=ignore_incomplete)
    except MessageConversionError as error:
        return f"$: {error}" if expected else None
    return difference(expected, json.loads(msgspec.json.encode(converted)))
