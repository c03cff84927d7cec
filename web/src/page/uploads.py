"""Files for the next message: picked, pasted or dropped, uploaded at once, shown above the text."""

from collections.abc import Callable, Iterable
from typing import Any

import js
from pyodide.ffi import create_once_callable

from edgechat.errors import APICallError, EdgeChatError
from edgechat.ui.messages import FilePart
from page.api import API, refusal
from page.browser import spawn
from page.dom import Scope, by_id, element, icon
from page.strings import t

MOST = 5
IMAGES = ("image/png", "image/jpeg", "image/webp", "image/gif")
TEXTS = ("text/plain", "text/markdown")


class _Entry:
    def __init__(self, row: Any) -> None:
        self.row = row
        self.part: FilePart | None = None
        """Once it is uploaded."""
        self.is_removed = False
        self.scope = Scope()


class Uploads:
    def __init__(self, api: API, on_change: Callable[[], object], tell: Callable[[str], object]) -> None:
        """`tell` is given what the reader should know."""
        self._api = api
        self._on_change = on_change
        self._tell = tell
        self._root = by_id("files")
        self._entries: list[_Entry] = []
        self.takes_images = False

    @property
    def parts(self) -> tuple[FilePart, ...]:
        return tuple(entry.part for entry in self._entries if entry.part)

    @property
    def is_busy(self) -> bool:
        return any(entry.part is None for entry in self._entries)

    @property
    def accepted(self) -> tuple[str, ...]:
        return (*IMAGES, *TEXTS) if self.takes_images else TEXTS

    def add(self, files: Iterable[Any]) -> None:
        for file in files:
            name, media_type = str(file.name), _type_of(file)
            if media_type in IMAGES and not self.takes_images:
                self._tell(t("file_no_images", name=name))
            elif media_type not in self.accepted:
                self._tell(t("file_kind", name=name))
            elif len(self._entries) >= MOST:
                return self._tell_most()
            else:
                spawn(self._upload(file, name, media_type))
        return None

    def show(self, parts: Iterable[FilePart]) -> None:
        """Those of a draft, in the place of what is there."""
        self.clear()
        for part in parts:
            self._add(part.filename or "", part.url if part.media_type in IMAGES else "").part = part
        self._changed()

    def clear(self) -> None:
        for entry in self._entries:
            entry.scope.close()
        self._entries.clear()
        self._changed()

    def _tell_most(self) -> None:
        self._tell(t("files_many", count=MOST))

    async def _upload(self, file: Any, name: str, media_type: str) -> None:
        preview = str(js.URL.createObjectURL(file)) if media_type in IMAGES else ""
        entry = self._add(name, preview)
        progress = element("progress", max=1, value=0, aria_label=name)
        entry.row.append(progress)
        self._changed()
        try:
            made = await self._api.announce(name, media_type, file.size)
            await _send(file, made.upload.method, made.upload.url, progress)
        except EdgeChatError as error:
            self._remove(entry)
            self._tell(f"{name}: {error.public_message}")
            return
        progress.remove()
        entry.part = FilePart(media_type=media_type, url=made.url, filename=name)
        if entry.is_removed:
            await self._forget(entry.part)
        self._changed()

    def _add(self, name: str, preview: str) -> _Entry:
        picture = element("img", src=preview, alt="") if preview else icon("file")
        remove = element(
            "button", icon("close"), class_name="icon", type="button", aria_label=t("remove_named", name=name)
        )
        entry = _Entry(element("li", picture, element("span", name, dir="auto"), remove))
        entry.scope.on(remove, "click", lambda _event: self._on_remove(entry))
        if preview.startswith("blob:"):
            entry.scope.add(lambda: js.URL.revokeObjectURL(preview))
        self._entries.append(entry)
        return entry

    def _on_remove(self, entry: _Entry) -> None:
        self._remove(entry)
        if entry.part:
            spawn(self._forget(entry.part))

    def _remove(self, entry: _Entry) -> None:
        entry.is_removed = True
        if entry in self._entries:
            self._entries.remove(entry)
            entry.scope.close()
        self._changed()

    async def _forget(self, part: FilePart) -> None:
        try:
            await self._api.delete_file(part.url.rpartition("/")[2])
        except EdgeChatError:
            return  # what no message names does not matter

    def _changed(self) -> None:
        self._root.replaceChildren(*(entry.row for entry in self._entries))
        self._root.hidden = not self._entries
        self._on_change()


def _type_of(file: Any) -> str:
    """Systems that do not know Markdown tell no type."""
    name = str(file.name).lower()
    if name.endswith((".md", ".markdown")):
        return "text/markdown"
    return str(file.type) or ("text/plain" if name.endswith((".txt", ".log", ".csv")) else "")


async def _send(file: Any, method: str, url: str, progress: Any) -> None:
    """By XMLHttpRequest: fetch does not tell how far it is. Raises `APICallError`."""
    request = js.XMLHttpRequest.new()
    scope = Scope()

    def on_progress(event: Any) -> None:
        if event.lengthComputable:
            progress.value = event.loaded / event.total

    scope.on(request.upload, "progress", on_progress)
    ended = js.Promise.new(create_once_callable(lambda resolve, _reject: request.addEventListener("loadend", resolve)))
    request.open(method, url)
    request.send(file)
    try:
        await ended
    finally:
        scope.close()
    if not request.status:
        raise _lost()
    if not 200 <= request.status < 300:
        raise refusal(request.status, str(request.responseText), {})


def _lost() -> APICallError:
    error = APICallError("The file did not arrive.")
    error.public_message = t("unreachable")
    return error
