"""Values on their way between Python and JavaScript."""

from collections.abc import Mapping
from typing import Any

import js
from pyodide.ffi import to_js


def js_object(values: Mapping[str, Any]) -> Any:
    return to_js(values, dict_converter=js.Object.fromEntries)


def headers_of(message: Any) -> dict[str, str]:
    """The headers of a JavaScript `Request` or `Response`, names in lower case."""
    headers: dict[str, str] = js.Object.fromEntries(message.headers).to_py()
    return headers
