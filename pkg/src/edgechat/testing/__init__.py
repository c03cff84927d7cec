"""Fakes for the tests of an application: models, the network, Cloudflare's bindings, and recordings of real answers."""

from edgechat.testing.bindings import JsDict, JsException
from edgechat.testing.d1 import FakeD1
from edgechat.testing.fetch import AICall, FakeAI, FakeFetch, FakeRequest, HTTPAnswer, ai_error
from edgechat.testing.kv import FakeKV
from edgechat.testing.models import FakeModel, reasoning, tool_call
from edgechat.testing.r2 import FakeR2
from edgechat.testing.recorder import record, replay
from edgechat.testing.script import FakeClock, drop, hang, wait

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
    "replay",
    "tool_call",
    "wait",
]
