"""What of SARIF 2.1.0 oneleaf writes, as a JSON schema of its own.

Stricter than the published schema: nothing but these properties, and every rule of the
published one that speaks of them (OASIS, "Static Analysis Results Interchange Format
(SARIF) Version 2.1.0", 3.13 and on). What this schema accepts, the published accepts.
``ONELEAF_SARIF_SCHEMA`` names a file with the published schema, to hold that too.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

Schema = dict[str, object]


def closed(properties: Schema) -> Schema:
    """An object with exactly these properties."""
    return {
        "type": "object",
        "additionalProperties": False,
        "required": list(properties),
        "properties": properties,
    }


def listed(items: Schema, **more: object) -> Schema:
    """An array of such items."""
    return {"type": "array", "items": items, **more}


TEXT: Schema = {"type": "string", "minLength": 1}
LEVEL: Schema = {"enum": ["none", "note", "warning", "error"]}
MESSAGE = closed({"text": TEXT})
RULE = closed(
    {
        "id": TEXT,
        "name": TEXT,
        "shortDescription": MESSAGE,
        "defaultConfiguration": closed({"level": LEVEL}),
    }
)
# A relative reference (RFC 3986): plain characters and whole percent escapes.
URI: Schema = {
    "type": "string",
    "pattern": "^(?:[A-Za-z0-9._~/-]|%[0-9A-F]{2})+$",
}
PLACE = closed(
    {
        "artifactLocation": closed({"uri": URI}),
        "region": closed({"startLine": {"type": "integer", "minimum": 1}}),
    }
)
RESULT = closed(
    {
        "ruleId": TEXT,
        "ruleIndex": {"type": "integer", "minimum": 0},
        "level": LEVEL,
        "message": MESSAGE,
        "locations": listed(closed({"physicalLocation": PLACE}), minItems=1),
    }
)
DRIVER = closed(
    {
        "name": TEXT,
        "version": TEXT,
        "informationUri": {"type": "string", "pattern": "^https://[a-z0-9./-]+$"},
        "rules": listed(RULE, uniqueItems=True),
    }
)
RUN = closed({"tool": closed({"driver": DRIVER}), "results": listed(RESULT)})
OWN: Schema = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    **closed(
        {
            "$schema": {"const": "https://json.schemastore.org/sarif-2.1.0.json"},
            "version": {"const": "2.1.0"},
            "runs": listed(RUN, minItems=1, maxItems=1),
        }
    ),
}


def schemas() -> list[Schema]:
    """Our own, and the published one where it is named."""
    published = os.environ.get("ONELEAF_SARIF_SCHEMA")
    if not published:
        return [OWN]
    return [OWN, json.loads(Path(published).read_text(encoding="utf-8"))]
