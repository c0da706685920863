"""The PowerShell that gatewright prints parses, and calls what it should. Usage: FILE..."""

import sys

import tree_sitter_powershell
from tree_sitter import Language, Parser

parser = Parser(Language(tree_sitter_powershell.language()))
wanted = {
    "Connect-MgGraph": 1,
    "Get-MgServicePrincipal": 1,
    "New-MgApplication": 2,
    "New-MgServicePrincipal": 2,
    "New-MgApplicationFederatedIdentityCredential": 2,
    "New-MgServicePrincipalAppRoleAssignment": 1,
    "Grant-Permission": 2,
}


def walk(node):
    yield node
    for child in node.children:
        yield from walk(child)


for path in sys.argv[1:]:
    text = open(path, "rb").read()
    tree = parser.parse(text)
    faults = [n for n in walk(tree.root_node) if n.type == "ERROR" or n.is_missing]
    for fault in faults:
        line = fault.start_point[0] + 1
        print(f"{path}:{line}: {text[fault.start_byte:fault.end_byte].decode()[:80]!r}", file=sys.stderr)
    if faults:
        sys.exit(1)
    called = {}
    for node in walk(tree.root_node):
        if node.type == "command_name":
            name = text[node.start_byte:node.end_byte].decode()
            called[name] = called.get(name, 0) + 1
    # What `auth setup` prints; a page (page-NAME.ps1) shows parts of it.
    if "New-MgApplication" in called and not path.startswith("page-"):
        for name, count in wanted.items():
            if called.get(name) != count:
                print(f"{path}: {name} is called {called.get(name, 0)} times, not {count}", file=sys.stderr)
                sys.exit(1)
