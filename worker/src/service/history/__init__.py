"""Conversations: kept in D1, recalled from KV, archived in R2."""

from service.history.catalogue import Catalogue, Conversation, OpenConversation
from service.history.memory import Kept, Memory
from service.history.store import History, Outcome, Turn
from service.history.summary import Summarise, Summary, summarise_with
from service.history.upkeep import upkeep
from service.history.window import Past

__all__ = [
    "Catalogue",
    "Conversation",
    "History",
    "Kept",
    "Memory",
    "OpenConversation",
    "Outcome",
    "Past",
    "Summarise",
    "Summary",
    "Turn",
    "summarise_with",
    "upkeep",
]
