"""Files that users attach to their messages."""

from service.attachments.content import checked_files, with_files
from service.attachments.handlers import (
    delete_attachment,
    get_attachment,
    get_attachments,
    post_attachment,
    put_attachment,
)
from service.attachments.store import Attachment, Attachments, delete_missing

__all__ = [
    "Attachment",
    "Attachments",
    "checked_files",
    "delete_attachment",
    "delete_missing",
    "get_attachment",
    "get_attachments",
    "post_attachment",
    "put_attachment",
    "with_files",
]
