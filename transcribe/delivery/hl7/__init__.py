"""HL7 version 2.5.1: reports go out as MDM or ORU messages over MLLP; patients and orders come in as ADT and ORM."""

from transcribe.delivery.hl7.message import Envelope, Event, control_id, mdm, oru
from transcribe.delivery.hl7.mllp import Acknowledgement, send
from transcribe.delivery.hl7.read import Incoming, acknowledge, read

__all__ = [
    "Acknowledgement",
    "Envelope",
    "Event",
    "Incoming",
    "acknowledge",
    "control_id",
    "mdm",
    "oru",
    "read",
    "send",
]
