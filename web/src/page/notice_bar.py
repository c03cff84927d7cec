"""The notice above the composer."""

from collections.abc import Callable

from page.dom import by_id, on
from page.notices import Action, Notice
from page.strings import t


class NoticeBar:
    def __init__(self) -> None:
        self._root = by_id("notice")
        self._text, self._button, dismiss = self._root.children
        self._act: Callable[[], object] | None = None
        self.waits_for_network = False
        on(self._button, "click", self._on_click)
        on(dismiss, "click", lambda _event: self.hide())

    def show(self, notice: Notice, act: Callable[[], object] | None = None) -> None:
        """`act` is done at the press of the notice's button."""
        self._act = act
        self.waits_for_network = notice.waits_for_network
        self._text.textContent = notice.text
        self._button.hidden = notice.action is None
        if notice.action:
            self._button.textContent = _label(notice.action)
        self._root.hidden = False

    def hide(self) -> None:
        self._root.hidden = True
        self.waits_for_network = False

    def _on_click(self, _event: object) -> None:
        self.hide()
        if self._act:
            self._act()


def _label(action: Action) -> str:
    match action:
        case "retry":
            return t("try_again")
        case "reload":
            return t("reload")
        case "sign_in":
            return t("sign_in")
