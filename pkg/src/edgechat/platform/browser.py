"""In a page, on the main thread: PyScript or plain Pyodide."""

from edgechat.platform._fetch import JsResponse, fetch

__all__ = ["JsResponse", "fetch"]
