"""Fakes for the tests of an application: models, the network, Cloudflare's bindings, and recordings of real answers."""

from typing import TYPE_CHECKING, Any

from edgechat.testing.ai import AICall, FakeAI, ai_error
from edgechat.testing.bindings import JsDict, JsException
from edgechat.testing.clock import FakeClock
from edgechat.testing.fetch import FakeFetch, FakeRequest, HTTPAnswer
from edgechat.testing.kv import FakeKV
from edgechat.testing.models import FakeModel, reasoning, tool_call
from edgechat.testing.r2 import FakeR2
from edgechat.testing.recorder import record, record_sender, replay, replay_sender
from edgechat.testing.script import drop, hang, wait

if TYPE_CHECKING:
    from edgechat.testing.d1 import FakeD1

__all__ = [
    "AICall",
    "FakeAI",
    "FakeClock",
    "FakeD1",
    "FakeFetch",
    "FakeKV",
    "FakeModel",
    "FakeR2",
    "FakeRequest",
    "HTTPAnswer",
    "JsDict",
    "JsException",
    "ai_error",
    "drop",
    "hang",
    "reasoning",
    "record",
    "record_sender",
    "replay",
    "replay_sender",
    "tool_call",
    "wait",
]


def __getattr__(name: str) -> Any:
    if name == "FakeD1":  # Pyodide has no sqlite3
        from edgechat.testing.d1 import FakeD1

        return FakeD1
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
