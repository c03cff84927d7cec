"""edgechat: the AI SDK for Python at the edge.

One package for both ends of a chat: `model` and `generate` talk to models in a Worker or a server, `chat` is `useChat`
for a page, `ui` is the wire between them (UI message stream v1, compatible with npm `ai` 7.0.173).
"""

__version__ = "0.1.0"
