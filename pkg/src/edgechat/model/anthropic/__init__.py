"""Anthropic's Messages API: `create_anthropic`, and the `API` behind it."""

from edgechat.model.anthropic.api import AnthropicMessages, create_anthropic
from edgechat.model.anthropic.settings import AnthropicOptions

__all__ = ["AnthropicMessages", "AnthropicOptions", "create_anthropic"]
