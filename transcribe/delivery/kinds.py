"""The kinds of targets and what is to be said of each; a secret is kept apart from these settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from transcribe.delivery import folder, notice
from transcribe.delivery.forms import FORMS
from transcribe.errors import TranscribeError, UsageError


def _checked(check: Callable[[str], object]) -> AfterValidator:
    """Takes what `check` does not refuse, and says what it says of the rest."""

    def validate(given: str) -> str:
        try:
            check(given)
        except TranscribeError as error:
            raise ValueError(str(error)) from None
        return given

    return AfterValidator(validate)


Line = Annotated[str, Field(max_length=500, pattern=r"^[^\x00-\x1f\x7f]*$")]
Host = Annotated[str, Field(max_length=255, pattern=r"^[A-Za-z0-9._:\[\]-]+$")]
Port = Annotated[int, Field(ge=1, le=65535)]
Names = Annotated[Line, _checked(folder.refuse_template)]
Form = Annotated[str, Field(json_schema_extra={"enum": list(FORMS)}, pattern=f"^({'|'.join(FORMS)})$")]
Forms = Annotated[tuple[Form, ...], Field(min_length=1, max_length=len(FORMS))]

_NAMES = "{date_of_service}/{work_type}_{record_number}_{report}_{version}"


class _Kind(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Folder(_Kind):
    """A folder of the clinic below the machine's outbox."""

    kind: Literal["folder"] = "folder"
    names: Names = Field(_NAMES, description="Of files; every name has {report} and {version}.")
    forms: Forms = ("docx",)


class Sftp(_Kind):
    """A folder on another machine; the secret is a password or a private key in OpenSSH's form."""

    kind: Literal["sftp"] = "sftp"
    host: Host
    port: Port = 22
    user: Line
    host_key: Annotated[str, Field(max_length=2000, pattern=r"^[a-z0-9@.-]+ [A-Za-z0-9+/=]+( [ -~]*)?$")] = Field(
        description='The public key that the host must show, as in "ssh-ed25519 AAAA…".'
    )
    folder: Line = ""
    names: Names = _NAMES
    forms: Forms = ("docx",)


class Webhook(_Kind):
    """A program that is told that something happened, without a word of the patient; the secret signs."""

    kind: Literal["webhook"] = "webhook"
    url: Line


class Fhir(_Kind):
    """A FHIR R4 server, at which the report is put as a document Bundle; the secret is a bearer token, if it asks."""

    kind: Literal["fhir"] = "fhir"
    url: Line = Field(description="Of the server, as in https://fhir.example.org/r4.")
    attach: Literal["", "docx", "pdf"] = Field("docx", description="The form that the document holds beside the text.")


class Mllp(_Kind):
    """A receiver of HL7 v2.5.1; the secret is a client's certificate with its key in PEM, if it asks."""

    kind: Literal["mllp"] = "mllp"
    host: Host
    port: Port = 2575
    tls: bool = True
    authority: Annotated[str, Field(max_length=20_000)] = Field(
        "", description="PEM of who vouches for the receiver; by default whom this machine trusts."
    )
    message: Literal["mdm", "oru"] = "mdm"
    attach: Literal["", "docx", "pdf"] = Field("", description="The form to send in base64; by default text.")
    corrections: Literal["replace", "edit"] = Field("replace", description="A newer version comes as T10 or as T08.")
    sending_facility: Line = ""
    receiving_application: Line = ""
    receiving_facility: Line = ""
    processing: Literal["P", "T"] = "P"


class Mail(_Kind):
    """Somebody who gets an e-mail with a link, and nothing of the patient."""

    kind: Literal["mail"] = "mail"
    to: Annotated[Line, _checked(notice.refuse_address)]


Kind = Folder | Sftp | Webhook | Fhir | Mllp | Mail

KINDS: Mapping[str, type[Kind]] = {
    "folder": Folder, "sftp": Sftp, "webhook": Webhook, "fhir": Fhir, "mllp": Mllp, "mail": Mail,
}  # fmt: skip

_ADAPTER: TypeAdapter[Kind] = TypeAdapter(Annotated[Kind, Field(discriminator="kind")])


def kind_of(settings: Mapping[str, Any]) -> Kind:
    """The settings as one of the kinds. Raises `UsageError`, which repeats no value, for what is none."""
    try:
        return _ADAPTER.validate_python(dict(settings))
    except ValidationError as error:
        faults = error.errors(include_input=False, include_url=False)
        said = "; ".join(f"{'.'.join(map(str, fault['loc'][1:])) or 'kind'}: {fault['msg']}" for fault in faults)
        raise UsageError(f"These are no settings of a target: {said}.") from None
