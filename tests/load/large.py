"""A tenant that is far larger than any: what gatewright does in it, and what it takes.

    large.py GATEWRIGHT POLICIES USERS

The tenant is served by `gatewright sandbox serve`; the commands reach it as they reach a real one.
Each command's answer is checked; time and memory are printed, not judged. Only Python's own library
is needed.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

GATEWRIGHT, POLICIES, USERS = os.path.abspath(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
TENANT = "6f1d2c3b-8a47-4e5d-9b60-31c7f0a2d58e"


def user(n):
    return {
        "@odata.type": "#microsoft.graph.user", "id": f"00000001-0000-4000-8000-{n:012}", "displayName": f"User {n}",
        "userPrincipalName": f"user{n}@contoso.com", "mailNickname": f"user{n}", "accountEnabled": True, "userType": "Member",
    }  # fmt: skip


def policy(n):
    """No two are alike, and each leaves out two people."""
    people = [f"00000001-0000-4000-8000-{one % USERS:012}" for one in (n * 5, n * 5 + 1)]
    return {
        "@odata.type": "#microsoft.graph.conditionalAccessPolicy", "id": f"00000002-0000-4000-8000-{n:012}", "displayName": f"Policy {n}", "state": "enabled",
        "conditions": {"users": {"includeUsers": ["All"], "excludeUsers": people}, "applications": {"includeApplications": ["All"]}, "clientAppTypes": ["all"]},
        "grantControls": {"operator": "OR", "builtInControls": ["mfa"]},
    }  # fmt: skip


def run(what, folder, *args, codes=(0,)):
    """Runs a command; gives what it printed. Prints its time and its memory."""
    begun = time.monotonic()
    out, err = folder / "stdout", folder / "stderr"
    with out.open("wb") as stdout, err.open("wb") as stderr:
        child = subprocess.Popen([GATEWRIGHT, "--no-pager", *args], cwd=folder, stdout=stdout, stderr=stderr, env=dict(os.environ, TOKEN="t"))
        _, status, usage = os.wait4(child.pid, 0)
    code = os.waitstatus_to_exitcode(status)
    took = time.monotonic() - begun
    print(f"{what}: {took:.1f} s, {usage.ru_utime + usage.ru_stime:.1f} s CPU, {usage.ru_maxrss / 1024:.0f} MB", flush=True)
    assert code in codes, f"exit code {code}: {err.read_text()[-2000:]}"
    return out.read_text()


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "objects.json").write_text(json.dumps([user(n) for n in range(USERS)] + [policy(n) for n in range(POLICIES)]))
        run(f"sandbox seed of {POLICIES} policies and {USERS} users", folder, "sandbox", "seed", "objects.json", "--file", "tenant.json")
        print(f"tenant.json: {(folder / 'tenant.json').stat().st_size / 1e6:.0f} MB")
        server = subprocess.Popen([GATEWRIGHT, "sandbox", "serve", "--port", "0", "--file", "tenant.json"], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        try:
            url = server.stdout.readline().decode().strip()
            (folder / "gatewright.yaml").write_text(
                f"version: 1\nmanifests: [policies]\ntenants:\n  large: {{ tenantId: {TENANT}, graphEndpoint: {url}, auth: {{ method: accessToken, env: TOKEN }} }}\n"
            )
            (folder / "policies").mkdir()
            found = json.loads(run("list of policies", folder, "list", "ConditionalAccessPolicy", "--format", "json"))
            rows = found if isinstance(found, list) else next(value for value in found.values() if isinstance(value, list))
            assert len(rows) == POLICIES, len(rows)
            run("import", folder, "import")
            manifests = sum(path.read_text().count("kind: ConditionalAccessPolicy") for path in (folder / "policies").rglob("*.yaml"))
            assert manifests == POLICIES, manifests
            run("validate", folder, "validate")
            said = run("plan without a change", folder, "plan", "--detailed-exitcode")
            assert "No changes" in said, said[-500:]
            # One person less is left out.
            path = next(path for path in (folder / "policies").rglob("*.yaml") if "Policy 7\n" in path.read_text())
            text = path.read_text()
            start = text.index("displayName: Policy 7\n")
            text = text[:start] + text[start:].replace("- user35@contoso.com\n", "", 1) if "- user35@" in text[start:] else text[:start] + text[start:].replace("user35@contoso.com, ", "", 1)
            path.write_text(text)
            said = run("plan of one change, judged", folder, "plan", "--compact")
            assert "1 to change" in said, said[-1000:]
            said = run("apply of it", folder, "apply", "--yes")
            assert "1 changed" in said or "changed 1" in said.lower(), said[-1000:]
            status = pathlib.Path(f"/proc/{server.pid}/status").read_text()
            peak = next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))
            print(f"the server, at its most: {int(peak) / 1024:.0f} MB")
        finally:
            server.terminate()
            server.wait(30)


main()
