"""How much may be sent as a file: looked at while it arrives, so that nobody fills the disk or the memory."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import FileUploadHandler


class BoundedUpload(FileUploadHandler):
    """Ends a request whose files are larger than UPLOAD_MAX_BYTES together. Keeps nothing itself."""

    def __init__(self, request: Any = None) -> None:
        super().__init__(request)
        self._received = 0

    def handle_raw_input(
        self,
        input_data: Any,
        META: dict[str, str],
        content_length: int,
        boundary: Any,
        encoding: str | None = None,
    ) -> None:
        # What is announced is refused before a byte of it is read. Fields have a limit of their own, on top.
        if content_length > settings.UPLOAD_MAX_BYTES + settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            raise RequestDataTooBig("The files are larger than UPLOAD_MAX_BYTES.")

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        self._received += len(raw_data)
        if self._received > settings.UPLOAD_MAX_BYTES:
            raise RequestDataTooBig("The files are larger than UPLOAD_MAX_BYTES.")
        return raw_data

    def file_complete(self, file_size: int) -> None:
        return None  # the next handler makes the file
