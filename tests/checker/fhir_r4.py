"""What FHIR R4 says of a QuestionnaireResponse, as far as it can be checked without a server.

After the resource definition of HL7 (R4, 4.0.1): names, types, how often, closed value sets, and the rules that
the standard adds (qrs-1, ele-1). Whatever is not named here is refused.
"""

from __future__ import annotations

import datetime
import re
from typing import Any
from urllib.parse import urlsplit

STATUS = {"in-progress", "completed", "amended", "entered-in-error", "stopped"}
ABSENT_REASONS = {"unknown", "asked-unknown", "temp-unknown", "not-asked", "asked-declined"}
RESOURCE = {
    "resourceType": "code", "id": "id", "language": "code", "questionnaire": "canonical", "status": "code",
    "authored": "dateTime", "source": "Reference", "author": "Reference", "subject": "Reference", "item": "Item*",
}  # fmt: skip
ITEM = {
    "linkId": "string",
    "definition": "uri",
    "text": "string",
    "answer": "Answer*",
    "item": "Item*",
}
ANSWER = {
    "valueBoolean": "boolean", "valueDecimal": "decimal", "valueInteger": "integer", "valueString": "string",
    "valueCoding": "Coding", "valueDate": "date", "valueUri": "uri", "item": "Item*",
}  # fmt: skip
CODING = {"system": "uri", "version": "string", "code": "code", "display": "string"}
REFERENCE = {"reference": "string", "type": "uri", "display": "string"}
TYPES = {"Item": ITEM, "Answer": ANSWER, "Coding": CODING, "Reference": REFERENCE}
CODE = re.compile(r"[^\s]+(\s[^\s]+)*")


def problems(document: dict[str, Any]) -> list[str]:
    """Return everything in which the document departs from the standard."""
    found = _of(document, RESOURCE, "document")
    if document.get("resourceType") != "QuestionnaireResponse":
        found.append("resourceType is another")
    if document.get("status") not in STATUS:
        found.append(f"status {document.get('status')!r} is not in the value set")
    return found


def links(document: dict[str, Any]) -> list[str]:
    """Return the linkId of every item, at any depth."""
    found = []
    for item in document.get("item", ()):
        found += [item["linkId"], *links(item)]
        for answer in item.get("answer", ()):
            found += links(answer)
    return found


def _of(element: Any, definition: dict[str, str], where: str) -> list[str]:
    if not isinstance(element, dict) or not element:
        return [f"{where} is no element, or empty (ele-1)"]
    found = [f"{where}.{name} is not known" for name in element if name not in definition]
    for name, value in element.items():
        kind = definition.get(name, "")
        place = f"{where}.{name}"
        if kind.endswith("*"):
            if not isinstance(value, list) or not value:
                found.append(f"{place} is no list, or empty")
                continue
            for number, one in enumerate(value):
                found += _of(one, TYPES[kind[:-1]], f"{place}[{number}]")
        elif kind in TYPES:
            found += _of(value, TYPES[kind], place)
        elif kind and not _is(kind, value):
            found.append(f"{place} is no {kind}: {value!r}")
    if definition is ITEM:
        if "linkId" not in element:
            found.append(f"{where} has no linkId")
        if "answer" in element and "item" in element:
            found.append(f"{where} has both answers and items (qrs-1)")
    if definition is ANSWER and sum(name.startswith("value") for name in element) != 1:
        found.append(f"{where} has not exactly one value")
    is_absence = definition is CODING and element.get("system", "").endswith("data-absent-reason")
    if is_absence and element.get("code") not in ABSENT_REASONS:
        found.append(f"{where}: {element.get('code')!r} is no reason for absence")
    return found


def _is(kind: str, value: Any) -> bool:
    match kind:
        case "boolean":
            return isinstance(value, bool)
        case "integer":
            return isinstance(value, int) and not isinstance(value, bool)
        case "code":
            return isinstance(value, str) and bool(CODE.fullmatch(value))
        case "uri" | "canonical":
            return (
                isinstance(value, str)
                and not re.search(r"\s", value)
                and bool(urlsplit(value).path)
            )
        case "dateTime":
            try:
                # With a time of day the standard asks for an offset as well.
                return datetime.datetime.fromisoformat(value).tzinfo is not None
            except ValueError:
                return False
        case _:
            return isinstance(value, str) and bool(value.strip())
