"""Where the page begins."""

import js

from page import strings
from page.app import App
from page.browser import spawn


def start() -> None:
    """Called once by PyScript."""
    strings.speak(js.edgechat.words.to_py())
    spawn(App().start())
