"""Items of tools that OpenAI defines and the caller runs."""

from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

from edgechat.model.openai_responses.shapes import Item, Number, Status, Variant


class CreateFile(Variant, tag="create_file"):
    path: str
    diff: str


class UpdateFile(Variant, tag="update_file"):
    path: str
    diff: str


class DeleteFile(Variant, tag="delete_file"):
    path: str


class ApplyPatchCall(Item, tag="apply_patch_call"):
    call_id: str
    status: Literal["in_progress", "completed"]
    operation: CreateFile | UpdateFile | DeleteFile


class LocalShellAction(Variant, tag="exec"):
    command: list[str]
    timeout_ms: Number | UnsetType = UNSET
    user: str | UnsetType = UNSET
    working_directory: str | UnsetType = UNSET
    env: dict[str, str] | UnsetType = UNSET


class LocalShellCall(Item, tag="local_shell_call"):
    call_id: str
    action: LocalShellAction


class ShellAction(msgspec.Struct, omit_defaults=True):
    commands: list[str]
    timeout_ms: Number | None = None
    max_output_length: Number | None = None


class ShellCall(Item, tag="shell_call"):
    call_id: str
    status: Status
    action: ShellAction


class TimedOut(Variant, tag="timeout"):
    pass


class Exited(Variant, tag="exit"):
    exit_code: Number


class ShellOutput(msgspec.Struct):
    stdout: str
    stderr: str
    outcome: TimedOut | Exited


class ShellCallOutput(Item, tag="shell_call_output", kw_only=True):
    call_id: str
    status: Status
    max_output_length: Number | None = None
    output: list[ShellOutput]


class Click(Variant, tag="click"):
    button: Literal["left", "right", "wheel", "back", "forward"]
    x: Number
    y: Number
    keys: list[str] | None = None


class DoubleClick(Variant, tag="double_click"):
    x: Number
    y: Number
    keys: list[str] | None = None


class Point(msgspec.Struct):
    x: Number
    y: Number


class Drag(Variant, tag="drag"):
    path: list[Point]
    keys: list[str] | None = None


class KeyPress(Variant, tag="keypress"):
    keys: list[str]


class Move(Variant, tag="move"):
    x: Number
    y: Number
    keys: list[str] | None = None


class Screenshot(Variant, tag="screenshot"):
    pass


class Scroll(Variant, tag="scroll"):
    x: Number
    y: Number
    scroll_x: Number
    scroll_y: Number
    keys: list[str] | None = None


class TypeText(Variant, tag="type"):
    text: str


class Wait(Variant, tag="wait"):
    pass


type ComputerAction = Click | DoubleClick | Drag | KeyPress | Move | Screenshot | Scroll | TypeText | Wait


class SafetyCheck(msgspec.Struct, omit_defaults=True):
    id: str
    code: str | None = None
    message: str | None = None


class ComputerCall(Item, tag="computer_call", kw_only=True):
    call_id: str | None = None
    status: Status
    action: ComputerAction | None = None
    actions: list[ComputerAction] | None = None
    pending_safety_checks: list[SafetyCheck] | None = None
