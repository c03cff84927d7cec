"""Files that go with a message."""

import base64

from edgechat.ui.messages import FilePart


def file_part(data: bytes, media_type: str, filename: str | None = None) -> FilePart:
    """The file itself, in a `data:` URL. One that was uploaded is `FilePart(url=..., media_type=...)`."""
    url = f"data:{media_type};base64,{base64.b64encode(data).decode()}"
    return FilePart(media_type=media_type, url=url, filename=filename)
