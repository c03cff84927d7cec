"""Fakes for the tests of an application: models, the network, Cloudflare's bindings, and recordings. Nothing waits."""

from edgechat.testing.bindings import JsDict, JsException
from edgechat.testing.clock import FakeClock
from edgechat.testing.fetch import FakeFetch, FakeRequest, HTTPAnswer
from edgechat.testing.kv import FakeKV
from edgechat.testing.models import FakeModel, reasoning, tool_call
from edgechat.testing.r2 import FakeR2
from edgechat.testing.script import drop, hang, wait

__all__ = [
    "FakeClock",
    "FakeFetch",
    "FakeKV",
    "FakeModel",
    "FakeR2",
    "FakeRequest",
    "HTTPAnswer",
    "JsDict",
    "JsException",
    "drop",
    "hang",
    "reasoning",
    "tool_call",
    "wait",
]
