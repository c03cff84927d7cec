"""The shortcuts of the page, as the settings list them. Enter is the shell's: it works before Python does."""

from collections.abc import Callable
from typing import Any, Literal

type Command = Literal["stop", "search", "new", "focus", "help"]

_WITH_CONTROL: dict[tuple[str, bool], Command] = {("k", False): "search", ("o", True): "new"}
_ALONE: dict[str, Command] = {"/": "focus", "?": "help"}
_WRITES = ("INPUT", "TEXTAREA", "SELECT")


def command(key: str, *, control: bool = False, shift: bool = False, alt: bool = False) -> Command | None:
    """What a key asks for. `control` is Ctrl, or Command on a Mac; `shift` is part of "?" on many keyboards."""
    if alt:
        return None
    if control:
        return _WITH_CONTROL.get((key.lower(), shift))
    if key == "Escape":
        return None if shift else "stop"
    return _ALONE.get(key)


def on_key(run: Callable[[Command], bool]) -> Callable[[Any], None]:
    """A listener for "keydown" on the document. `run` tells whether there was anything to do: then the key is taken."""

    def listen(event: Any) -> None:
        # A key that an input method takes, or that somebody else has taken, is no command.
        if event.isComposing or event.keyCode == 229 or event.defaultPrevented:
            return
        wanted = command(str(event.key), control=event.ctrlKey or event.metaKey, shift=event.shiftKey, alt=event.altKey)
        if wanted is None or (wanted in ("focus", "help") and _is_text(event)) or _is_modal(event):
            return
        if run(wanted):
            event.preventDefault()

    return listen


def _is_text(event: Any) -> bool:
    """Where a single key writes itself, or does nothing because somebody has switched such shortcuts off."""
    target = event.target
    keys = target.ownerDocument.getElementById("keys")
    return target.tagName in _WRITES or target.isContentEditable or not keys.checked


def _is_modal(event: Any) -> bool:
    """An open dialog has the keyboard to itself."""
    return bool(event.target.ownerDocument.querySelector("dialog:modal"))  # null is not None
