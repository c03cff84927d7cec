"""What one calls on the server: answers of models, whole or as they come."""

from edgechat.generate.approval import Approval
from edgechat.generate.interrupt import Timeout
from edgechat.generate.output import Output
from edgechat.generate.result import StepResult, TextResult
from edgechat.generate.settings import StepPlan, StepStart, has_tool_call, step_count_is
from edgechat.generate.smooth import smooth_stream
from edgechat.generate.speech import generate_speech, transcribe
from edgechat.generate.text import TextStream, generate_text, stream_text
from edgechat.generate.tools import Tool, ToolContext, tool

__all__ = [
    "Approval",
    "Output",
    "StepPlan",
    "StepResult",
    "StepStart",
    "TextResult",
    "TextStream",
    "Timeout",
    "Tool",
    "ToolContext",
    "generate_speech",
    "generate_text",
    "has_tool_call",
    "smooth_stream",
    "step_count_is",
    "stream_text",
    "tool",
    "transcribe",
]
