"""Conversations: kept in D1, recalled from KV, archived in R2."""

from service.history.archive import archive_idle
from service.history.catalogue import Catalogue, Conversation, OpenConversation
from service.history.export import export
from service.history.memory import Kept, Memory, deliver_waiting
from service.history.search import search
from service.history.store import History, Turn
from service.history.summary import Summarise, Summary, summarise_with
from service.history.window import Past

__all__ = [
    "Catalogue",
    "Conversation",
    "History",
    "Kept",
    "Memory",
    "OpenConversation",
    "Past",
    "Summarise",
    "Summary",
    "Turn",
    "archive_idle",
    "deliver_waiting",
    "export",
    "search",
    "summarise_with",
]
