"""The page's half: `Chat` is `useChat`."""

from edgechat.chat.chat import Chat, ChatStatus
from edgechat.chat.transport import ChatTransport, EdgeChatTransport

__all__ = ["Chat", "ChatStatus", "ChatTransport", "EdgeChatTransport"]
