"""A message of the user while it is being edited."""

from collections.abc import Callable
from typing import Any

from page.dom import Scope, element
from page.strings import t


def edit_form(text: str, send: Callable[[str], None], cancel: Callable[[], None], scope: Scope) -> Any:
    """Enter sends and Escape leaves, as in the composer. `scope` lasts as long as the form."""
    box = element("textarea", aria_label=t("edit_message"), dir="auto", rows=2)
    box.value = text
    leave = element("button", t("cancel"), type="button")
    form = element("form", box, element("div", leave, element("button", t("send"), type="submit")), class_name="edit")

    def submit(_event: Any) -> None:
        if new := str(box.value).strip():
            send(new)

    def press(event: Any) -> None:
        if event.key == "Escape":
            event.stopPropagation()  # elsewhere it stops the answer
            cancel()
        elif event.key == "Enter" and not event.shiftKey and not event.isComposing and event.keyCode != 229:
            event.preventDefault()
            form.requestSubmit()

    scope.on(form, "submit", submit)
    scope.on(box, "keydown", press)
    scope.on(leave, "click", lambda _event: cancel())
    return form
