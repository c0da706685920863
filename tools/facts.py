#!/usr/bin/env python3
"""Refresh src/model/facts_data/v1.0.json from a Microsoft Graph CSDL file.

Usage: tools/facts.py CSDL_FILE > src/model/facts_data/v1.0.json

The table holds what the model and the sandbox check themselves against: for each
type its base, kind and properties (type, collection, nullable); for each enum its
members with values and whether it is a flags enum. Only types that gatewright
models or serves are kept (KEEP); what they refer to beyond that is named, not held.
Beta-only members are kept by hand in src/model/facts_data/beta.json.
"""
import json
import sys
import xml.etree.ElementTree as ET

EDM = "{http://docs.oasis-open.org/odata/ns/edm}"

# Entity types kept, with every complex type and enum that they reach.
KEEP = [
    "agreement", "authenticationContextClassReference", "authenticationStrengthPolicy",
    "authenticationStrengthRoot", "authenticationMethodModeDetail",
    "fido2CombinationConfiguration", "x509CertificateCombinationConfiguration",
    "conditionalAccessPolicy", "conditionalAccessTemplate", "countryNamedLocation",
    "ipNamedLocation", "directoryObject", "directoryRole", "directoryRoleTemplate", "group",
    "riskDetection", "riskyUser", "riskyUserHistoryItem", "servicePrincipal",
    "unifiedRoleDefinition", "user", "whatIfAnalysisResult",
    # complex types that are reached only through their abstract base
    "conditionalAccessAllExternalTenants", "conditionalAccessEnumeratedExternalTenants",
    "iPv4CidrRange", "iPv6CidrRange", "userSignIn", "servicePrincipalSignIn",
    "applicationContext", "userActionContext", "authContext", "signInConditions",
    "authenticationStrengthUsage", "updateAllowedCombinationsResult",
]


def short(name):
    return name.removeprefix("graph.").removeprefix("microsoft.graph.")


def type_of(text):
    collection = text.startswith("Collection(")
    if collection:
        text = text[len("Collection("):-1]
    return short(text), collection


def main(path):
    schema = None
    for found in ET.parse(path).getroot().iter(EDM + "Schema"):
        if found.get("Namespace") == "microsoft.graph":
            schema = found
    if schema is None:
        sys.exit(f"{path}: no schema with namespace microsoft.graph")

    enums, types = {}, {}
    for enum in schema.findall(EDM + "EnumType"):
        enums[enum.get("Name")] = {
            "flags": enum.get("IsFlags") == "true",
            "members": {m.get("Name"): int(m.get("Value")) for m in enum.findall(EDM + "Member")},
        }
    for kind, tag in (("entity", "EntityType"), ("complex", "ComplexType")):
        for node in schema.findall(EDM + tag):
            entry = {"kind": kind}
            if node.get("BaseType"):
                entry["base"] = short(node.get("BaseType"))
            if node.get("Abstract") == "true":
                entry["abstract"] = True
            if node.get("OpenType") == "true":
                entry["open"] = True
            properties, navigation = {}, {}
            for item in node:
                target = {EDM + "Property": properties, EDM + "NavigationProperty": navigation}.get(item.tag)
                if target is None:
                    continue
                name, collection = type_of(item.get("Type"))
                fact = {"type": name}
                if collection:
                    fact["collection"] = True
                if item.get("Nullable") == "false":
                    fact["nullable"] = False
                if item.get("ContainsTarget") == "true":
                    fact["contains"] = True
                target[item.get("Name")] = fact
            if properties:
                entry["properties"] = properties
            if navigation:
                entry["navigation"] = navigation
            types[node.get("Name")] = entry

    kept_types, kept_enums, queue = {}, {}, list(KEEP)
    while queue:
        name = queue.pop()
        if name in enums:
            kept_enums[name] = enums[name]
        elif name in types and name not in kept_types:
            entry = kept_types[name] = types[name]
            if "base" in entry:
                queue.append(entry["base"])
            queue += [fact["type"] for fact in entry.get("properties", {}).values()]
    out = {
        "types": dict(sorted(kept_types.items())),
        "enums": dict(sorted(kept_enums.items())),
    }
    json.dump(out, sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
