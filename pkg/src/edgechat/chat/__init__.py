"""The page's half: `Chat` is `useChat`."""

from typing import TYPE_CHECKING, Any

from edgechat.chat.changes import (
    Change,
    ChatStatus,
    Frames,
    MessageAdded,
    MessageChanged,
    MessagesSet,
    PartAdded,
    PartChanged,
    QueueChanged,
    StatusChanged,
    TextAppended,
)
from edgechat.chat.chat import Chat
from edgechat.chat.conditions import (
    last_assistant_message_is_complete_with_approval_responses,
    last_assistant_message_is_complete_with_tool_calls,
)
from edgechat.chat.files import file_part
from edgechat.chat.receive import Reconnect
from edgechat.chat.requests import Finish
from edgechat.chat.streams import ChunkStream
from edgechat.chat.transport import (
    ChatTransport,
    DefaultChatTransport,
    DirectChatTransport,
    EdgeChatTransport,
    HttpChatTransport,
    Prepared,
    RequestOptions,
    ResumeRequest,
    SendRequest,
    TextStreamChatTransport,
)

if TYPE_CHECKING:
    from edgechat.chat.completion import Completion, ObjectStream

__all__ = [
    "Change",
    "Chat",
    "ChatStatus",
    "ChatTransport",
    "ChunkStream",
    "Completion",
    "DefaultChatTransport",
    "DirectChatTransport",
    "EdgeChatTransport",
    "Finish",
    "Frames",
    "HttpChatTransport",
    "MessageAdded",
    "MessageChanged",
    "MessagesSet",
    "ObjectStream",
    "PartAdded",
    "PartChanged",
    "Prepared",
    "QueueChanged",
    "Reconnect",
    "RequestOptions",
    "ResumeRequest",
    "SendRequest",
    "StatusChanged",
    "TextAppended",
    "TextStreamChatTransport",
    "file_part",
    "last_assistant_message_is_complete_with_approval_responses",
    "last_assistant_message_is_complete_with_tool_calls",
]


def __getattr__(name: str) -> Any:
    """What few pages use is loaded when it is used."""
    if name in ("Completion", "ObjectStream"):
        from edgechat.chat import completion

        return getattr(completion, name)
    raise AttributeError(name)
