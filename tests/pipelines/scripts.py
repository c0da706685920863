"""Every shell script in the given pipeline files must parse, and take nothing from outside.

An expression `${{ ... }}` in a script is text of the script before it is run: what a pull
request can name would be run. `$(name)` of Azure Pipelines is replaced likewise; only paths of
the agent may stand so.
"""

import re
import subprocess
import sys

import ruamel.yaml

KEYS = {"run", "script", "bash", "inlineScript", "before_script", "after_script"}
AGENT = {"Build.ArtifactStagingDirectory", "Pipeline.Workspace"}


def scripts(node, path=""):
    if isinstance(node, dict):
        for key, value in node.items():
            if key in KEYS and isinstance(value, str):
                yield f"{path}.{key}", value
            elif key in KEYS and isinstance(value, list):
                yield f"{path}.{key}", "\n".join(value)
            else:
                yield from scripts(value, f"{path}.{key}")
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from scripts(value, f"{path}[{index}]")


count = failed = 0
for file in sys.argv[1:]:
    with open(file, encoding="utf-8") as text:
        document = ruamel.yaml.YAML(typ="safe").load(text)
    for place, script in scripts(document):
        count += 1
        faults = []
        parsed = subprocess.run(["bash", "-n"], input=script, text=True, capture_output=True)
        if parsed.returncode:
            faults.append(parsed.stderr.strip())
        if "${{" in script:
            faults.append("an expression in a script")
        if "azure" in file:
            outside = set(re.findall(r"\$\(([A-Z][A-Za-z.]+)\)", script)) - AGENT
            faults += [f"a macro in a script: {name}" for name in sorted(outside)]
        for fault in faults:
            failed += 1
            print(f"{file}: {place}: {fault}", file=sys.stderr)
print(f"{count} scripts parse" if not failed else f"{failed} faults in scripts")
sys.exit(bool(failed))
