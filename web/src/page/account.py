"""Who one is here, and what they may do with all they have."""

from collections.abc import Callable, Sequence
from typing import Any

import js
import msgspec
from pyodide.ffi import JsException

from edgechat.errors import APICallError, EdgeChatError
from edgechat.ids import generate_id
from page.api import API, Session, refusal
from page.browser import follow, spawn
from page.dom import by_id, element
from page.menus import Confirmation, Item, Menu
from page.sign_in import Returned, address_of, returned
from page.strings import number, t

_KEY = "edgechat.sign-in"


class _Pending(msgspec.Struct):
    """Of a sign-in, while the reader is with the issuer."""

    nonce: str
    state: str
    hash: str


class Account:
    def __init__(
        self,
        api: API,
        confirmation: Confirmation,
        on_error: Callable[[EdgeChatError], object],
        on_change: Callable[[], object],
    ) -> None:
        """`on_change` is called when this is somebody else now, or nobody."""
        self._api = api
        self._confirmation = confirmation
        self._on_error = on_error
        self._on_change = on_change
        self._session = Session(user=None)
        self._name, self._usage = element("p", t("guest")), element("p")
        self.has_session = False
        self._menu = Menu(by_id("account-menu"), self._entries)

    @property
    def can_sign_in(self) -> bool:
        user, way = self._session.user, self._session.sign_in
        return bool(way and way.authorize_url and (user is None or user.is_guest))

    async def start(self) -> bool:
        """The session that the shell asked for. True for who comes back from signing in, to where they were before.

        Raises `EdgeChatError`.
        """
        try:
            response = await js.edgechat.session
        except JsException:
            js.edgechat.session = js.fetch("/api/session", js.JSON.parse('{"method":"POST"}'))  # for the next try
            raise _unreachable(None) from None
        if not response.ok:
            error = refusal(response.status, str(await response.text()), {})
            raise error if error.code else _unreachable(error.status)
        self.has_session = True
        found = returned(str(js.location.hash))
        if found:
            await self._come_back(found)
        return found is not None

    async def load(self) -> None:
        """Raises `EdgeChatError`."""
        self._session = await self._api.session()
        user = self._session.user
        name = t("guest") if user is None or user.is_guest else user.name or t("signed_in")
        by_id("user").textContent = self._name.textContent = name
        self._menu.refresh()

    def sign_in(self) -> None:
        pending = _Pending(generate_id(), generate_id(), str(js.location.hash))
        way = self._session.sign_in
        if way and (address := address_of(way, str(js.location.origin), pending.nonce, pending.state)):
            js.sessionStorage.setItem(_KEY, msgspec.json.encode(pending).decode())
            js.location.assign(address)

    async def _come_back(self, found: Returned) -> None:
        kept = js.sessionStorage.getItem(_KEY)
        js.sessionStorage.removeItem(_KEY)
        pending = msgspec.json.decode(kept, type=_Pending) if isinstance(kept, str) else None
        js.history.replaceState(None, "", "/" + (pending.hash if pending else ""))
        if pending and pending.state == found.state:  # else nobody here has asked for it
            await self._api.sign_in(found.id_token, pending.nonce)

    def _entries(self) -> Sequence[Any]:
        user = self._session.user
        is_guest = user is None or user.is_guest
        spawn(self._show_usage())
        entries: list[Any] = [self._name, self._usage]
        if self.can_sign_in:
            entries.append(Item("person", t("sign_in"), self.sign_in))
        entries.append(Item("download", t("export_all"), lambda: follow("/api/export", "edgechat.json")))
        if not is_guest:
            entries.append(Item("person", t("sign_out"), lambda: spawn(self._sign_out())))
        entries.append(Item("delete", t("delete_all"), lambda: spawn(self._delete_all()), is_dangerous=True))
        return entries

    async def _show_usage(self) -> None:
        try:
            used = (await self._api.usage()).today.messages
        except EdgeChatError:
            self._usage.textContent = ""
        else:
            self._usage.textContent = t("usage_today", used=number(used.used), limit=number(used.limit))

    async def _sign_out(self) -> None:
        try:
            await self._api.sign_out()
        except EdgeChatError as error:
            self._on_error(error)
        else:
            self._on_change()

    async def _delete_all(self) -> None:
        if not await self._confirmation.ask(t("delete_all_question"), t("delete_all_text"), t("delete")):
            return
        try:
            await self._api.delete_me()
        except EdgeChatError as error:
            self._on_error(error)
        else:
            self._on_change()


def _unreachable(status: int | None) -> APICallError:
    error = APICallError("There is no session.", status=status)
    error.public_message = t("unreachable")
    return error
