"""Prints a pipeline of Azure with every number and boolean as a text: so has its schema them."""

import json
import sys

import ruamel.yaml


def texts(node):
    if isinstance(node, dict):
        return {key: texts(value) for key, value in node.items()}
    if isinstance(node, list):
        return [texts(value) for value in node]
    if isinstance(node, bool):
        return str(node).lower()
    return str(node)


with open(sys.argv[1], encoding="utf-8") as text:
    json.dump(texts(ruamel.yaml.YAML(typ="safe").load(text)), sys.stdout, indent=1)
