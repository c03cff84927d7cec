"""UI messages -> model messages (npm `ai` 7.0.173, `convertToModelMessages`)."""

from collections.abc import Iterable

from edgechat.model.types import ModelMessage
from edgechat.ui.messages import UIMessage


def convert_to_model_messages(messages: Iterable[UIMessage]) -> list[ModelMessage]:
    """What a model is told of a conversation: text. Messages without any are left out."""
    return [ModelMessage(role=message.role, content=message.text) for message in messages if message.text]
