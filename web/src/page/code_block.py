"""A block of code: its language, a button that copies it, and its text, which may still grow."""

import js

from page import highlight
from page.dom import element
from page.markdown import Code
from page.strings import t


class CodeBlock:
    def __init__(self, code: Code) -> None:
        self._code = code
        self.text = js.document.createTextNode(code.text)
        self._label = element("span", code.language, class_name="language")
        copy = element("button", t("copy"), type="button", data_action="copy-code")
        head = element("div", self._label, copy, class_name="code-head")
        body = element("pre", element("code", self.text), dir="ltr", tabindex=0, role="group", aria_label=t("code"))
        self.element = element("div", head, body, class_name="code")
        highlight.colour(self)

    @property
    def language(self) -> str:
        return self._code.language

    def become(self, code: Code) -> None:
        shown = self._code.text
        if code.text.startswith(shown):
            self.text.appendData(code.text[len(shown) :])
        else:
            self.text.data = code.text
        if code.language != self.language:
            self._label.textContent = code.language
        self._code = code
        highlight.colour(self)

    def clear(self) -> None:
        highlight.forget(self)
