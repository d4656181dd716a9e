"""FHIR R4 (4.0.1): a report as a document Bundle, and its accepted codes as a draft Claim, as plain dictionaries."""

from transcribe.delivery.fhir.bundle import document_bundle
from transcribe.delivery.fhir.checks import problems
from transcribe.delivery.fhir.claim import claim_bundle

__all__ = ["claim_bundle", "document_bundle", "problems"]
