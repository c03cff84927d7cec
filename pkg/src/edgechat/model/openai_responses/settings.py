"""What the builder of a prompt knows of the call."""

from typing import Any, Literal

import msgspec

from edgechat.model.openai_responses.names import ToolNames

type InputItem = dict[str, Any]


class PromptSettings(msgspec.Struct, kw_only=True, frozen=True):
    provider: str
    """The key of provider options: "openai" or "azure"."""
    names: ToolNames
    custom_tools: set[str]
    tools_with_output_schema: set[str]
    system_role: Literal["system", "developer", "remove"]
    is_reasoning: bool
    """Stored messages are tied to the reasoning before them."""
    is_stored: bool
    """OpenAI keeps what it said, and takes its ids for it."""
    in_conversation: bool
    """OpenAI has the whole conversation: what has an id is not told again."""
    continues_response: bool
    """OpenAI has what led to an earlier response."""
    pass_through_files: bool
    no_updates: str | None
    """Why changes of the configuration within the conversation are not supported."""
