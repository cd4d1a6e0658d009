"""The OpenAPI 3.1 document, made from the table of operations and the models that read the bodies."""

import re
from functools import lru_cache
from typing import Any

from hub_extensions.portal.api.operations import OPERATIONS, Operation
from hub_extensions.portal.api.problems import MEDIA_TYPE
from hub_extensions.portal.inputs import Nothing

_SCHEMAS = "#/components/schemas/"
_TEXT = {
    "type": "object",
    "properties": {"fr": {"type": "string"}, "en": {"type": "string"}},
    "required": ["fr", "en"],
}
_PROBLEM = {
    "type": "object",
    "description": "RFC 9457, with the sentence and each reason in French and English.",
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "text": {"$ref": _SCHEMAS + "Text"},
        "reasons": {"type": "array", "items": {"$ref": _SCHEMAS + "Text"}},
    },
    "required": ["type", "title", "status", "detail", "text", "reasons"],
}


@lru_cache(maxsize=1)
def document() -> dict[str, Any]:
    """Return the document; addresses are relative to where it is served."""
    schemas: dict[str, Any] = {"Text": _TEXT, "Problem": _PROBLEM}
    paths: dict[str, Any] = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _described(operation, schemas)
    paths["/downloads/{link}"] = {"post": _download()}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Bureau virtuel",
            "version": "1",
            "description": "The portal's verbs. Sign in with the Hub's cookie and the X-XSRFToken header, or with a "
            "Hub token that has the scope access:services!service=bureau. Reading never changes anything.",
        },
        "servers": [{"url": "."}],
        "security": [{"hubToken": []}, {"hubCookie": []}],
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": dict(sorted(schemas.items())),
            "securitySchemes": {
                "hubToken": {"type": "http", "scheme": "bearer"},
                "hubCookie": {"type": "apiKey", "in": "cookie", "name": "service-bureau"},
            },
        },
    }


def _described(operation: Operation, schemas: dict[str, Any]) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": f"{operation.tag}.{operation.verb.__name__}",
        "tags": [operation.tag],
        "summary": operation.summary,
        "parameters": _parameters(operation),
        "responses": {
            str(operation.status): {"description": "Done.", "content": {"application/json": {"schema": {}}}},
            **_errors(),
        },
    }
    if operation.public:
        described["security"] = []
    if operation.method != "GET" and operation.body is not Nothing:
        schema = operation.body.model_json_schema(ref_template=_SCHEMAS + "{model}")
        schemas.update(schema.pop("$defs", {}))
        schemas[operation.body.__name__] = schema
        described["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": {"$ref": _SCHEMAS + operation.body.__name__}}},
        }
    return described


def _parameters(operation: Operation) -> list[dict[str, Any]]:
    found = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"{(\w+)}", operation.path)
    ]
    if operation.method == "GET":
        schema = operation.body.model_json_schema(ref_template=_SCHEMAS + "{model}")
        for name, each in schema.get("properties", {}).items():
            plain = {"type": "string"} if "$ref" in str(each) else each
            found.append({"name": name, "in": "query", "required": False, "schema": plain})
    return found


def _errors() -> dict[str, Any]:
    content = {MEDIA_TYPE: {"schema": {"$ref": _SCHEMAS + "Problem"}}}
    return {
        "4XX": {"description": "Refused.", "content": content},
        "5XX": {"description": "Failed.", "content": content},
    }


def _download() -> dict[str, Any]:
    return {
        "operationId": "exports.download",
        "tags": ["exports"],
        "summary": "Fetch a released package: counted and recorded, so not by GET.",
        "parameters": [{"name": "link", "in": "path", "required": True, "schema": {"type": "string"}}],
        "responses": {"200": {"description": "The package.", "content": {"application/zip": {}}}, **_errors()},
    }
