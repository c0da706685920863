"""Loads `gatewright sandbox serve` from many connections at once.

    load.py GATEWRIGHT CONNECTIONS REQUESTS

Each connection stays open and sends its share of the requests one after the other: lists with and
without a filter, single objects, sign-in tokens, batches, what must be refused, and on each
hundredth turn a group that is made, changed and deleted. Every answer must be the one that was
to be expected. Memory is read when every tenth of the requests is done: after the first half it
must not grow by more than a tenth. Only Python's own library is needed.
"""

import asyncio
import json
import pathlib
import resource
import subprocess
import sys
import tempfile
import time

GATEWRIGHT, CONNECTIONS, REQUESTS = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
POLICIES = "/v1.0/identity/conditionalAccess/policies"
BATCH = {"requests": [{"id": str(n), "method": "GET", "url": url} for n, url in enumerate(["/users?$top=5", "/groups?$top=5", "/identity/conditionalAccess/namedLocations"])]}
TOKEN = "client_id=14d82eec-204b-4c2f-b7e8-296a70dab67e&client_secret=not-a-secret&grant_type=client_credentials&scope=https%3A%2F%2Fgraph.microsoft.com%2F.default"


def policy(n):
    return {
        "@odata.type": "#microsoft.graph.conditionalAccessPolicy", "id": f"00000002-0000-4000-8000-{n:012}", "displayName": f"Policy {n}", "state": "enabled",
        "conditions": {"users": {"includeUsers": ["All"]}, "applications": {"includeApplications": ["All"]}, "clientAppTypes": ["all"]},
        "grantControls": {"operator": "OR", "builtInControls": ["mfa"]},
    }  # fmt: skip


def reads(n):
    """What is asked in turn: method, path, body, the status that is right."""
    one = f"{POLICIES}/00000002-0000-4000-8000-{n % 240:012}"
    return [
        ("GET", f"{POLICIES}?$top=20", None, 200),
        ("GET", one, None, 200),
        ("GET", "/v1.0/users?$filter=userPrincipalName%20eq%20'breakglass1%40contoso.com'", None, 200),
        ("GET", f"{POLICIES}/00000009-0000-4000-8000-000000000000", None, 404),
        ("POST", "/v1.0/$batch", BATCH, 200),
        ("GET", "/v1.0/groups?$select=id,displayName&$top=10", None, 200),
        ("POST", POLICIES, {"displayName": "no state"}, 400),
        ("GET", "/v1.0/users?$filter=nonsense%20is", None, 400),
    ][n % 8]  # fmt: skip


class Connection:
    """One connection that is kept."""

    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer

    async def ask(self, method, path, body, kind="application/json"):
        text = b"" if body is None else (body if isinstance(body, str) else json.dumps(body)).encode()
        head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer t\r\nContent-Type: {kind}\r\nContent-Length: {len(text)}\r\n\r\n"
        self.writer.write(head.encode() + text)
        await self.writer.drain()
        head = await self.reader.readuntil(b"\r\n\r\n")
        lines = head.decode().split("\r\n")
        length = next((int(line.split(":")[1]) for line in lines if line.lower().startswith("content-length:")), 0)
        return int(lines[0].split()[1]), await self.reader.readexactly(length)


class Run:
    def __init__(self, port, pid):
        self.port, self.pid, self.done, self.wrong, self.memory = port, pid, 0, [], []

    def resident(self):
        """Memory of the server now, in KiB."""
        status = pathlib.Path(f"/proc/{self.pid}/status").read_text()
        return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS")))

    def expect(self, what, status, wanted, body=b""):
        self.done += 1
        if status != wanted:
            self.wrong.append(f"{what}: {status} where {wanted} was to be expected: {body[:200]!r}")
        if self.done % max(1, REQUESTS // 10) == 0:
            self.memory.append(self.resident())

    async def life(self, at, share, ready):
        connection = Connection(*await asyncio.open_connection("127.0.0.1", self.port))
        # All are open before the first one asks.
        await ready.wait()
        n = at
        left = share
        while left > 0:
            if n % 100 == 99 and left >= 4:
                await self.group(connection, at, n)
                left -= 4
            elif n % 50 == 7:
                status, body = await connection.ask("POST", "/contoso.com/oauth2/v2.0/token", TOKEN, "application/x-www-form-urlencoded")
                self.expect("token", status, 200, body)
                left -= 1
            else:
                method, path, body, wanted = reads(n)
                status, answer = await connection.ask(method, path, body)
                self.expect(f"{method} {path}", status, wanted, answer)
                left -= 1
            n += 1
        connection.writer.close()

    async def group(self, connection, at, n):
        """Made, changed, read in its new form, deleted."""
        body = {"displayName": f"Load {at} {n}", "mailEnabled": False, "mailNickname": f"load-{at}-{n}", "securityEnabled": True}
        status, answer = await connection.ask("POST", "/v1.0/groups", body)
        self.expect("create a group", status, 201, answer)
        path = f"/v1.0/groups/{json.loads(answer).get('id', 'none')}"
        status, answer = await connection.ask("PATCH", path, {"description": f"of {at}"})
        self.expect("change it", status, 204, answer)
        status, answer = await connection.ask("GET", path, None)
        self.expect("read it", status, 200, answer)
        if status == 200 and json.loads(answer)["description"] != f"of {at}":
            self.wrong.append(f"{path} has the description of another: {answer[:200]!r}")
        status, answer = await connection.ask("DELETE", path, None)
        self.expect("delete it", status, 204, answer)

    async def all(self):
        ready = asyncio.Event()
        lives = [asyncio.create_task(self.life(at, REQUESTS // CONNECTIONS, ready)) for at in range(CONNECTIONS)]
        await asyncio.sleep(1)
        begun = time.monotonic()
        ready.set()
        await asyncio.gather(*lives)
        return time.monotonic() - begun


def main():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = CONNECTIONS + 100
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted, hard), hard))
    with tempfile.TemporaryDirectory() as folder:
        objects = pathlib.Path(folder, "objects.json")
        objects.write_text(json.dumps([policy(n) for n in range(240)]))
        tenant = str(pathlib.Path(folder, "tenant.json"))
        subprocess.run([GATEWRIGHT, "sandbox", "seed", objects, "--file", tenant], check=True, capture_output=True)
        server = subprocess.Popen([GATEWRIGHT, "sandbox", "serve", "--port", "0", "--file", tenant], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        try:
            port = int(server.stdout.readline().decode().strip().rsplit(":", 1)[1])
            run = Run(port, server.pid)
            took = asyncio.run(run.all())
            alive = server.poll() is None
        finally:
            server.terminate()
            server.wait(10)
    memory = [kib / 1024 for kib in run.memory]
    print(f"{CONNECTIONS} connections, {run.done} requests, {len(run.wrong)} wrong answers, {took:.1f} s ({run.done / took:.0f} a second)")
    print("memory at each tenth, MiB: " + " ".join(f"{one:.0f}" for one in memory))
    assert alive, "the server ended"
    assert not run.wrong, "\n".join(run.wrong[:10])
    half = memory[len(memory) // 2]
    assert memory[-1] <= half * 1.1 + 1, f"memory grew from {half:.0f} to {memory[-1]:.0f} MiB in the second half"


main()
