"""Whether a value is what an OpenAPI 3.0 schema says: the words that Twilio's description uses, and no others."""

import re
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

KINDS: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "array": list,
    "object": dict,
}
ABOUT_IT = {"title", "description", "example", "examples", "x-twilio", "deprecated", "default", "nullable", "type"}
HEEDED = ABOUT_IT | {
    "$ref", "enum", "properties", "required", "items", "pattern", "minLength", "maxLength", "minimum", "maximum",
    "format",
}  # fmt: skip


class Spec:
    """One document; `faults(value, schema)` says in a sentence each what does not hold."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document

    def operation(self, path: str, method: str) -> dict[str, Any]:
        found: dict[str, Any] = self.document["paths"][path][method]
        return found

    def faults(self, value: Any, schema: dict[str, Any], where: str = "it") -> list[str]:
        if "$ref" in schema:
            return self.faults(value, self.document["components"]["schemas"][schema["$ref"].rpartition("/")[2]], where)
        if unknown := set(schema) - HEEDED:
            return [f"{where}: nobody here heeds {sorted(unknown)}"]
        if value is None:
            return [] if schema.get("nullable") else [f"{where} is null"]
        kind = schema.get("type", "object" if "properties" in schema else None)
        if kind and (not isinstance(value, KINDS[kind]) or (kind == "integer" and isinstance(value, bool))):
            return [f"{where} is no {kind}: {value!r}"]
        found = [f"{where} is none of {schema['enum']}: {value!r}"] if value not in schema.get("enum", [value]) else []
        if isinstance(value, str):
            found += self._of_text(value, schema, where)
        if isinstance(value, int) and not schema.get("minimum", value) <= value <= schema.get("maximum", value):
            found.append(f"{where} is out of bounds: {value}")
        if isinstance(value, list):
            for number, one in enumerate(value):
                found += self.faults(one, schema["items"], f"{where}[{number}]")
        if isinstance(value, dict) and "properties" in schema:
            found += self._of_object(value, schema, where)
        return found

    def _of_object(self, value: dict[str, Any], schema: dict[str, Any], where: str) -> list[str]:
        known: dict[str, Any] = schema["properties"]
        return [
            *(f"{where}.{name} is missing" for name in schema.get("required", []) if name not in value),
            *(f"{where}.{name} is not in the description" for name in value if name not in known),
            *(said for name in known if name in value for said in self.faults(value[name], known[name], name)),
        ]

    @staticmethod
    def _of_text(value: str, schema: dict[str, Any], where: str) -> list[str]:
        bad = (
            not re.search(schema.get("pattern", ""), value)
            or not schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value))
            or not has_format(value, schema.get("format", ""))
        )
        return [f"{where} is not as described ({schema}): {value!r}"] if bad else []


def has_format(value: str, name: str) -> bool:
    if name == "phone-number":
        return bool(re.fullmatch(r"\+[1-9]\d{1,14}", value))
    if name == "uri":
        return bool(urlsplit(value).path) and " " not in value
    if name == "date-time-rfc-2822":
        try:
            return parsedate_to_datetime(value).utcoffset() is not None
        except ValueError:
            return False
    return True


def typed(form: dict[str, str], schema: dict[str, Any]) -> dict[str, Any]:
    """A form's words as what its schema takes them for."""
    known = schema["properties"]
    return {
        name: int(word) if known.get(name, {}).get("type") == "integer" and word.lstrip("-").isdigit() else word
        for name, word in form.items()
    }
