from types import SimpleNamespace
from typing import Any

import pytest

from page.keyboard import Command, command, on_key


@pytest.mark.parametrize(
    ("key", "held", "wanted"),
    [
        ("Escape", {}, "stop"),
        ("k", {"control": True}, "search"),
        ("K", {"control": True}, "search"),  # with caps lock
        ("O", {"control": True, "shift": True}, "new"),
        ("/", {}, "focus"),
        ("/", {"shift": True}, "focus"),  # a German keyboard
        ("?", {"shift": True}, "help"),
        ("?", {}, "help"),
    ],
)
def test_these_are_the_shortcuts(key: str, held: dict[str, bool], wanted: Command) -> None:
    assert command(key, **held) == wanted


@pytest.mark.parametrize(
    ("key", "held"),
    [
        ("k", {}),
        ("o", {"control": True}),  # the browser opens a file
        ("k", {"control": True, "shift": True}),
        ("/", {"control": True}),
        ("?", {"alt": True}),
        ("Escape", {"shift": True}),
        ("Enter", {}),
    ],
)
def test_other_keys_are_left_alone(key: str, held: dict[str, bool]) -> None:
    assert command(key, **held) is None


class Event:
    """A key, pressed in an element of this kind."""

    def __init__(
        self,
        key: str,
        target: str = "BODY",
        *,
        composing: bool = False,
        code: int = 0,
        single: bool = True,
        modal: bool = False,
    ) -> None:
        document = SimpleNamespace(
            getElementById=lambda _id: SimpleNamespace(checked=single), querySelector=lambda _what: modal or None
        )
        self.key = key
        self.target = SimpleNamespace(tagName=target, isContentEditable=False, ownerDocument=document)
        self.isComposing, self.keyCode = composing, code
        self.ctrlKey = self.metaKey = self.shiftKey = self.altKey = self.defaultPrevented = False

    def preventDefault(self) -> None:  # noqa: N802
        self.defaultPrevented = True


def heard(event: Any, *, done: bool = True) -> list[Command]:
    commands: list[Command] = []

    def run(wanted: Command) -> bool:
        commands.append(wanted)
        return done

    on_key(run)(event)
    return commands


def test_a_key_that_did_something_is_taken() -> None:
    event = Event("Escape", "TEXTAREA")
    assert heard(event) == ["stop"]
    assert event.defaultPrevented


def test_a_key_that_had_nothing_to_do_is_left_to_the_browser() -> None:
    event = Event("Escape")
    assert heard(event, done=False) == ["stop"]
    assert not event.defaultPrevented


@pytest.mark.parametrize("target", ["INPUT", "TEXTAREA", "SELECT"])
def test_where_one_writes_single_keys_are_text(target: str) -> None:
    assert heard(Event("/", target)) == []
    assert heard(Event("/", "BUTTON")) == ["focus"]


def test_single_keys_can_be_switched_off() -> None:
    assert heard(Event("?", single=False)) == []
    assert heard(Event("Escape", single=False)) == ["stop"]


@pytest.mark.parametrize("event", [Event("Escape", composing=True), Event("Escape", code=229)])
def test_a_key_of_an_input_method_is_its_own(event: Event) -> None:
    assert heard(event) == []


def test_an_open_dialog_has_the_keyboard_to_itself() -> None:
    assert heard(Event("Escape", modal=True)) == []
