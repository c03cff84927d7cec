"""OpenAI's Responses API."""

from edgechat.model.openai_responses.api import OpenAIResponses
from edgechat.model.openai_responses.stream import OpenAIResponsesDecoder

__all__ = ["OpenAIResponses", "OpenAIResponsesDecoder"]
