"""Reads multipart/form-data piece by piece, so that a recording never stands in memory or in a temporary file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from transcribe.web.problems import Refused

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

_MOST_FIELDS = 64
_LONGEST_FIELD = 8192
_LONGEST_HEAD = 4096


@dataclass(slots=True)
class Form:
    """What a form holds besides the bytes of its file: `fields` in their order, `file_name` None until a file came."""

    fields: list[tuple[str, str]] = field(default_factory=list)
    file_name: str | None = None


class FormReader:
    """Takes the pieces of a body; the bytes of the part named `file` go to `write` as they come.

    Raises `Refused` for what is no form: 415 without the right content type, 400 for a broken body,
    413 for fields that are too many or too long.
    """

    def __init__(self, content_type: str, write: Callable[[bytes], object]) -> None:
        kind, options = parse_options_header(content_type)
        if kind != b"multipart/form-data":
            raise Refused(415, "A dictation is sent as multipart/form-data.")
        if not options.get(b"boundary"):
            raise Refused(400, "The content type names no boundary.")
        self.form = Form()
        self.ended = False
        self._write = write
        self._head: dict[bytes, bytes] = {}
        self._head_name = self._head_value = b""
        self._name, self._in_file, self._value = "", False, bytearray()
        callbacks: MultipartCallbacks = {
            "on_part_begin": self._begin,
            "on_header_field": self._on_head_name,
            "on_header_value": self._on_head_value,
            "on_header_end": self._on_head_end,
            "on_headers_finished": self._on_heads,
            "on_part_data": self._on_data,
            "on_part_end": self._on_end,
            "on_end": self._on_last,
        }
        try:
            self._parser = MultipartParser(options[b"boundary"], callbacks)
        except FormParserError as error:
            raise Refused(400, "The boundary of the form cannot be used.") from error

    def feed(self, data: bytes) -> None:
        """Take the next piece of the body."""
        try:
            self._parser.write(data)
        except FormParserError as error:
            raise Refused(400, "The body is not a multipart form.") from error

    def finish(self) -> Form:
        """The form, once the body has ended; 400 when it ends before the form does."""
        if not self.ended:
            raise Refused(400, "The body ends before the form does.")
        return self.form

    def _begin(self) -> None:
        self._head.clear()
        self._value.clear()

    def _on_head_name(self, data: bytes, start: int, end: int) -> None:
        self._head_name += self._short(self._head_name, data[start:end])

    def _on_head_value(self, data: bytes, start: int, end: int) -> None:
        self._head_value += self._short(self._head_value, data[start:end])

    def _short(self, there: bytes, more: bytes) -> bytes:
        if len(there) + len(more) > _LONGEST_HEAD:
            raise Refused(413, "A part of the form has too long a header.")
        return more

    def _on_head_end(self) -> None:
        self._head[self._head_name.lower()] = self._head_value
        self._head_name = self._head_value = b""

    def _on_heads(self) -> None:
        _, options = parse_options_header(self._head.get(b"content-disposition", b""))
        self._name = _text(options.get(b"name", b""))
        self._in_file = self._name == "file"
        if self._in_file:
            if self.form.file_name is not None:
                raise Refused(400, "One request brings one recording: the form has more than one part named 'file'.")
            self.form.file_name = _text(options.get(b"filename", b""))
        elif len(self.form.fields) >= _MOST_FIELDS:
            raise Refused(413, "The form has too many fields.")

    def _on_data(self, data: bytes, start: int, end: int) -> None:
        if self._in_file:
            self._write(data[start:end])
            return
        if len(self._value) + end - start > _LONGEST_FIELD:
            raise Refused(413, "A field of the form is too long.")
        self._value += data[start:end]

    def _on_end(self) -> None:
        if not self._in_file:
            self.form.fields.append((self._name, _text(bytes(self._value))))

    def _on_last(self) -> None:
        self.ended = True


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Refused(400, "The form holds text that is not UTF-8.") from error
