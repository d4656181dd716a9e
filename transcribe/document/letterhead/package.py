"""Refuses a Word file that could run, fetch or hide something, and says which of these it is."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator

from lxml import etree

from transcribe.errors import UnusableInput

MAX_BYTES = 10 * 2**20
"""A letterhead with a logo has some hundred kilobytes."""

MAX_UNPACKED, MAX_PARTS, MAX_RATIO = 50 * 2**20, 500, 200
"""Unpacked bytes, files in the archive, and how many times smaller one of them may be packed than unpacked."""

FIELDS = frozenset({"PAGE", "NUMPAGES", "SECTION", "SECTIONPAGES", "STYLEREF", "SYMBOL"})
"""Fields that show something of the document itself; all others may fetch, run or change what is shown."""

# By what stands in the name of a part, of its type or of a relation to it: what it is to a person.
_PARTS = {
    "vba": "macros",
    "macroenabled": "macros",
    "keymapcustomizations": "macros",
    "attachedtoolbars": "macros",
    "activex": "an ActiveX control",
    "afchunk": "an embedded foreign document (altChunk)",
    "oleobject": "an embedded object (OLE)",
    "embeddings/": "an embedded object (OLE)",
    "comments": "comments, which hold people's names; delete them in Word",
    "encryptedpackage": "a password",
}
# By element of WordprocessingML, likewise.
_ELEMENTS = {
    "altChunk": "an embedded foreign document (altChunk)",
    "object": "an embedded object (OLE)",
    "OLEObject": "an embedded object (OLE)",
    "control": "an ActiveX control",
    "mailMerge": "a mail merge data source",
    "subDoc": "a subdocument",
    "ins": "tracked changes; accept or reject them in Word",
    "del": "tracked changes; accept or reject them in Word",
    "moveFrom": "tracked changes; accept or reject them in Word",
    "moveTo": "tracked changes; accept or reject them in Word",
}

_DOCUMENT = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"


def check(template: bytes) -> None:
    """Raises `UnusableInput` with the reason for what is no plain Word document (.docx)."""
    if len(template) > MAX_BYTES:
        raise _refused(f"is larger than {MAX_BYTES // 2**20} MB")
    if not zipfile.is_zipfile(io.BytesIO(template)):
        raise _refused("is no Word document (.docx)")
    try:
        with zipfile.ZipFile(io.BytesIO(template)) as package:
            _check_sizes(package)
            for name, content in _parts(package):
                _check_part(name, content)
            if _DOCUMENT.encode() not in package.read("[Content_Types].xml"):
                raise _refused("is no plain Word document; save it as .docx")
    except (zipfile.BadZipFile, zlib.error, EOFError, KeyError, NotImplementedError, RuntimeError, ValueError) as error:
        raise _refused("is damaged or no Word document (.docx)") from error


def _refused(reason: str) -> UnusableInput:
    return UnusableInput(f"The template {reason}.")


def _check_sizes(package: zipfile.ZipFile) -> None:
    """What the archive claims; reading never goes beyond that."""
    infos = package.infolist()
    if len(infos) > MAX_PARTS or sum(info.file_size for info in infos) > MAX_UNPACKED:
        raise _refused("unpacks to more than any letterhead needs")
    if len({info.filename.lower() for info in infos}) < len(infos):
        raise _refused("holds two parts of one name")
    for info in infos:
        if info.file_size > 2**20 and info.file_size > MAX_RATIO * info.compress_size:
            raise _refused("unpacks to more than any letterhead needs")


def _parts(package: zipfile.ZipFile) -> Iterator[tuple[str, bytes]]:
    for info in package.infolist():
        yield info.filename, package.read(info)


def _check_part(name: str, content: bytes) -> None:
    _check_names(name)
    if not name.lower().endswith((".xml", ".rels", ".vml")):
        return
    try:
        # No entity is resolved and nothing is fetched.
        root = etree.fromstring(content, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False))
    except etree.XMLSyntaxError as error:
        raise _refused(f"is damaged: {name} is no XML") from error
    if root.getroottree().docinfo.doctype:
        raise _refused(f"declares a document type in {name}")
    if name.lower().endswith(".rels"):
        _check_relations(name, root)
    elif name == "[Content_Types].xml":
        _check_names(*(value for each in root for value in each.attrib.values()))
    else:
        _check_elements(root)


def _check_names(*names: str) -> None:
    for name in names:
        plain = name.lower().replace("\\", "/")
        if ".." in plain.split("/") or plain.startswith("/.."):
            raise _refused("names a file outside itself")
        for words, what in _PARTS.items():
            if words in plain:
                raise _refused(f"holds {what}")


def _check_relations(name: str, root: etree._Element) -> None:
    for relation in root:
        if relation.get("TargetMode", "").lower() == "external":
            kind = relation.get("Type", "").rpartition("/")[2] or "link"
            raise _refused(f"links to something outside itself ({kind} in {name}); take the link out")
        _check_names(relation.get("Type", ""))


# Most elements of a Word file are none of these: left to the XML library, they are passed over at its speed.
_LOOKED_AT = tuple(f"{{*}}{name}" for name in (*_ELEMENTS, "fldSimple", "fldChar", "instrText"))


def _check_elements(root: etree._Element) -> None:
    fields: list[str] = []
    for element in root.iter(*_LOOKED_AT):
        kind = element.tag.rpartition("}")[2]
        if kind in _ELEMENTS:
            raise _refused(f"holds {_ELEMENTS[kind]}")
        if kind == "fldSimple":
            _check_field(_value(element, "instr"))
        elif kind == "fldChar" and _value(element, "fldCharType") == "begin":
            fields.append("")
        elif kind == "instrText":
            if not fields:
                raise _refused("holds the instruction of a field outside of one")
            fields[-1] += element.text or ""
        elif kind == "fldChar" and fields and _value(element, "fldCharType") == "end":
            _check_field(fields.pop())
    if fields:
        raise _refused("holds a field without its end")


def _value(element: etree._Element, name: str) -> str:
    """The attribute `name`, whatever its namespace."""
    return next((str(value) for key, value in element.attrib.items() if key.rpartition("}")[2] == name), "")


def _check_field(instruction: str) -> None:
    """A field inside the instruction of another has left it empty or half, and is refused with it."""
    word = next(iter(re.findall(r"[^\s]+", instruction)), "").upper()
    if word not in FIELDS:
        # The word comes from a file nobody trusts; only known ones are said.
        shown = (
            word if word in {"DDE", "DDEAUTO", "INCLUDETEXT", "INCLUDEPICTURE", "LINK", "DATE", "TIME"} else "a field"
        )
        raise _refused(f"holds {shown}, which is not one of: {', '.join(sorted(FIELDS))}")
