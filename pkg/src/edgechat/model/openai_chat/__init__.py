"""OpenAI's Chat Completions API (npm `@ai-sdk/openai` 4.0.118, whose behaviour this follows)."""

from edgechat.model.openai_chat.api import OpenAIChat

__all__ = ["OpenAIChat"]
