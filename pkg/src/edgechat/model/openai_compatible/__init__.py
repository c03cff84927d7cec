"""Servers that speak OpenAI's Chat Completions wire: vLLM, llama.cpp, Ollama, Groq, Mistral, DeepSeek and many others.

(npm `@ai-sdk/openai-compatible` 3.0.92, whose behaviour this follows.)
"""

from edgechat.model.openai_compatible.api import OpenAICompatible, create_openai_compatible

__all__ = ["OpenAICompatible", "create_openai_compatible"]
