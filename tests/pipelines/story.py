"""Runs the scripts of the pipelines, step by step, as a runner would: in a repository of git,
with bash, with files for outputs and summary. `gatewright` and `gh` are stand-ins that
answer what a case says and write down what they were asked.

Usage: story.py FOLDER   (in it: what `gatewright init --ci` wrote, by the names of the services)
"""

import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import zipfile

import ruamel.yaml

FOLDER = pathlib.Path(sys.argv[1]).resolve()
PROJECT = FOLDER / "github"
MARKER = "<!-- gatewright:plan tenant=prod -->"

GATEWRIGHT = r"""#!/usr/bin/env python3
import json, os, sys
args = sys.argv[1:]
open(os.environ["STORY"] + "/gatewright.log", "a").write(json.dumps(args) + "\n")
case = json.load(open(os.environ["STORY"] + "/case.json"))
code = case.get(args[0], 0)
if args[0] == "plan":
    if code in (0, 2, 3):
        with open(args[args.index("--out") + 1], "w") as file:
            json.dump(case["saved"], file, indent=2)
        print("<!-- gatewright:plan tenant=prod -->\nthe plan")
    code = code if code != 2 or "--detailed-exitcode" in args else 0
if args[0] == "compare" and code != 70:
    print("<!-- gatewright:compare tenant=prod -->\n## What this does to sign-ins\n\n**Looser.**")
    print("##vso[task.setvariable variable=digest]no", file=sys.stderr)
if args[0] == "report":
    if code == 0:
        open(args[args.index("-o") + 1], "w").write("<!doctype html>the page")
    print("##vso[task.setvariable variable=digest]no", file=sys.stderr)
if args[0] == "apply" and "markdown" in args:
    print("## Applied to `prod`\n::error::no")
if args[0] == "drift":
    if "--adopt" in args:
        open("policies/new.yaml", "w").write("kind: Group\n")
        open("guards.yaml", "a").write("# not by this way\n")
        code = case.get("adopt", 0)
    elif "markdown" in args:
        print("<!-- gatewright:drift tenant=prod -->\n## Drift in `prod`\n\n**1 changed.**")
    else:
        print("~ drift\n  ##vso[task.setvariable variable=digest]no\n" + "~" * 20 + "\n# approved, merge it\n::error::no")
sys.exit(code)
"""

GH = r"""#!/usr/bin/env python3
import json, os, shutil, subprocess, sys
args = sys.argv[1:]
story = os.environ["STORY"]
open(story + "/gh.log", "a").write(json.dumps(args) + "\n")
case = json.load(open(story + "/case.json"))
def answer(value):
    if "--jq" in args:
        text = json.dumps(value)
        done = subprocess.run(["jq", "-r", args[args.index("--jq") + 1]], input=text, text=True)
        sys.exit(done.returncode)
    print(json.dumps(value))
if args[0] == "api" and "-F" in args:
    shutil.copy(args[args.index("-F") + 1].split("@")[1], story + "/sent.md")
elif args[0] == "api":
    path = next(a for a in args[1:] if a.startswith("repos/"))
    if path.endswith("/pulls"):
        answer(case["pulls"])
    elif "/runs?" in path:
        assert "head_sha=feed" in path and "status=success" in path, path
        answer({"workflow_runs": case["runs"]})
    elif path.endswith("/comments"):
        answer(case["comments"])
elif args[:2] == ["run", "download"]:
    folder = args[args.index("--dir") + 1]
    os.makedirs(folder)
    if case.get("kept", True):
        json.dump(case["reviewed"], open(folder + "/plan.json", "w"))
    else:
        sys.exit(1)
elif args[:2] == ["pr", "list"]:
    answer(case["open"])
elif args[0] == "pr":
    shutil.copy(args[args.index("--body-file") + 1], story + "/sent.md")
"""

# Like python3, whose pip has one wheel to download.
PYTHON = r"""#!/usr/bin/env python3
import json, os, shutil, sys
args = sys.argv[1:]
open(os.environ["STORY"] + "/python.log", "a").write(json.dumps(args) + "\n")
if args[:2] == ["-m", "pip"]:
    folder = args[args.index("--dest") + 1]
    os.makedirs(folder, exist_ok=True)
    shutil.copy(os.environ["STORY"] + "/gatewright-1.2.3-py3-none-any.whl", folder)
else:
    os.execv(sys.executable, [sys.executable, *args])
"""


def run(*command, cwd, **more):
    return subprocess.run(command, cwd=cwd, check=True, capture_output=True, text=True, **more)


def load(path):
    return ruamel.yaml.YAML(typ="safe").load(path.read_text())


class Runner:
    """One job: a checkout, and the steps that are asked for."""

    def __init__(self, change=None):
        self.home = pathlib.Path(tempfile.mkdtemp(dir=WORK))
        self.work = self.home / "work"
        shutil.copytree(PROJECT, self.work)
        (self.home / "temp").mkdir()
        programs = self.home / "programs"
        programs.mkdir()
        for name, text in (("gatewright", GATEWRIGHT), ("gh", GH)):
            (programs / name).write_text(text)
            (programs / name).chmod(0o755)
        run("git", "init", "--quiet", "--bare", str(self.home / "origin"), cwd=self.home)
        self.git("init", "--quiet", "--initial-branch", "main")
        self.git("config", "user.name", "somebody")
        self.git("config", "user.email", "somebody@example.com")
        self.git("remote", "add", "origin", str(self.home / "origin"))
        self.git("add", "--all")
        self.git("commit", "--quiet", "-m", "main")
        self.git("checkout", "--quiet", "-b", "change")
        (self.work / (change or "policies/more.yaml")).write_text("# more\n")
        self.git("add", "--all")
        self.git("commit", "--quiet", "-m", "change")
        self.git("checkout", "--quiet", "main")
        self.git("merge", "--quiet", "--no-ff", "change", "-m", "merge")

    def git(self, *args):
        return run("git", *args, cwd=self.work).stdout

    def step(self, workflow, name, case, **env):
        document = load(self.work / f".github/workflows/{workflow}.yml")
        steps = [s for job in document["jobs"].values() for s in job["steps"] if s.get("name") == name]
        assert len(steps) == 1, (workflow, name)
        # As the runner starts a `run:` without `shell:`.
        return self.script(["bash", "-e"], steps[0]["run"], case, **env)

    def script(self, shell, script, case, **env):
        (self.home / "case.json").write_text(json.dumps(case))
        output, summary = self.home / "output", self.home / "summary"
        output.write_text("")
        summary.write_text("")
        (self.home / "script.sh").write_text(script)
        path = f"{self.home}/programs:{os.environ['PATH']}"
        variables = {
            "PATH": path, "HOME": str(self.home), "STORY": str(self.home), "TENANT": "prod",
            "GITHUB_OUTPUT": str(output), "GITHUB_STEP_SUMMARY": str(summary),
            "GITHUB_REPOSITORY": "contoso/policies", "GITHUB_SHA": "beef",
            "GITHUB_SERVER_URL": "https://github.com", "GITHUB_RUN_ID": "12",
            "SYSTEM_COLLECTIONURI": "https://dev.azure.com/contoso/", "SYSTEM_TEAMPROJECTID": "p1",
            "BUILD_BUILDID": "12", "BUILD_SOURCEVERSION": "beef",
            "CI_COMMIT_SHA": "beef", "CI_PIPELINE_URL": "https://gitlab.com/contoso/policies/-/pipelines/12",
            "CI_MERGE_REQUEST_IID": "5",
            "RUNNER_TEMP": str(self.home / "temp"), "AGENT_TEMPDIRECTORY": str(self.home / "temp"), "GH_TOKEN": "none", **env,
        }
        command = [*shell, str(self.home / "script.sh")]
        done = subprocess.run(command, cwd=self.work, env=variables, capture_output=True, text=True)
        self.out = done.stdout + done.stderr
        self.outputs = dict(line.split("=", 1) for line in output.read_text().splitlines() if "=" in line)
        self.summary = summary.read_text()
        return done.returncode

    def log(self, program):
        file = self.home / f"{program}.log"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def saved(actions, tenant="t1", digest="d" * 64):
    return {"digest": digest, "tenant": {"id": tenant}, "actions": actions}


ONE = [{"action": "create", "name": "A", "after": {"state": "enabled", "x": 1}, "place": {"line": 1}}]
MOVED = [{"action": "create", "place": {"line": 9}, "after": {"x": 1, "state": "enabled"}, "name": "A"}]
OTHER = [{"action": "create", "name": "A", "after": {"state": "disabled", "x": 1}, "place": {"line": 1}}]
PAGE = "https://github.com/contoso/policies/actions/runs/12/artifacts/34"
PULL = [{"merged_at": "now", "base": {"ref": "main"}, "head": {"sha": "feed"}}]


def plan_of_a_pull_request():
    for change, warned in ((None, False), ("guards.yaml", True), ("gatewright.yaml", True), (".github/workflows/apply.yml", True)):
        runner = Runner(change)
        code = runner.step("plan", "Plan", {"plan": 2, "saved": saved(ONE)})
        assert code == 0, runner.out
        comment = (runner.work / "out/comment.md").read_text()
        assert comment.startswith(MARKER + "\n") and comment.count(MARKER) == 1, comment
        assert ("[!WARNING]" in comment) == warned, (change, comment)
        assert f"`{'d' * 64}`" in comment and runner.summary == comment, comment
        assert comment.index("What this does to sign-ins") < comment.index("the plan"), comment
        compared = [line for line in runner.log("gatewright") if line[0] == "compare"]
        assert compared == [["compare", "-t", "prod", "git:HEAD^1", ".", "--format", "markdown"]]
    for code in (1, 3):
        runner = Runner()
        assert runner.step("plan", "Plan", {"plan": code, "saved": saved(ONE)}) == code, runner.out
        assert runner.outputs["commented"] == "true"
        comment = (runner.work / "out/comment.md").read_text()
        assert ("No plan could be made (exit code 1)" in comment) == (code == 1), comment
        assert comment.startswith(MARKER + "\n") and comment.count(MARKER) == 1, comment


def what_a_change_does_is_shown_without_a_credential():
    runner = Runner()
    for code, said in ((0, "**Looser.**"), (1, "**Looser.**"), (70, "is not known")):
        assert runner.step("plan", "Compare", {"compare": code}) == 0, runner.out
        assert said in runner.summary, runner.summary
    job = load(PROJECT / ".github/workflows/plan.yml")["jobs"]["validate"]
    assert job["permissions"] == {"contents": "read"} and "if" not in job and "environment" not in job
    assert "secrets." not in json.dumps(job), "also for a fork"
    document = load(FOLDER / "gitlab/.gitlab-ci.yml")
    assert "id_tokens" not in document["compare"] and document["compare"]["extends"] == ".gatewright"
    script = "set -eu\n" + "\n".join(document["compare"]["script"])
    for code in (0, 70):
        given = {"CI_MERGE_REQUEST_DIFF_BASE_SHA": "beef"}
        assert runner.script(["bash"], script, {"compare": code}, **given) == 0, runner.out
        assert runner.log("gatewright")[-1][3] == "git:beef"
        assert (runner.work / "compare.md").read_text().strip()


def comment_is_renewed():
    bot = {"user": {"login": "github-actions[bot]"}}
    for comments, patched in (
        ([], None),
        ([{"id": 7, **bot, "body": MARKER + "\nold"}], "7"),
        ([{"id": 8, **bot, "body": "by another workflow"}], None),
        ([{"id": 9, "user": {"login": "mallory"}, "body": MARKER}], None),
    ):
        runner = Runner()
        (runner.work / "comment.md").write_text(MARKER + "\nnew\n")
        name = "Write the comment, or renew the one of the last run"
        given = {"NUMBER": "5", "REPORT": PAGE}
        assert runner.step("plan", name, {"comments": comments}, **given) == 0, runner.out
        sent = runner.log("gh")[-1]
        assert ("PATCH" in sent) == bool(patched), sent
        if patched:
            assert f"repos/contoso/policies/issues/comments/{patched}" in sent, sent
        assert (runner.home / "sent.md").read_text() == MARKER + f"\nThe report of the change: {PAGE}\n\nnew\n"
    # A job of the pull request says where it is: no other address than that of an artifact here.
    for page in ("", "https://example.com/contoso/policies/actions/runs/1", "](https://example.com)"):
        (runner.work / "comment.md").write_text(MARKER + "\nnew\n")
        assert runner.step("plan", name, {"comments": []}, NUMBER="5", REPORT=page) == 0, runner.out
        sent = (runner.home / "sent.md").read_text()
        assert sent.startswith(MARKER + "\nThere is no report of the change") and "example.com" not in sent, sent
    (runner.work / "comment.md").write_text(MARKER + "\n" + "x" * 70000)
    assert runner.step("plan", name, {"comments": []}, NUMBER="5", REPORT=PAGE) == 0, runner.out
    short = (runner.home / "sent.md").read_text()
    assert short.startswith(MARKER) and len(short) < 400 and PAGE in short, short
    (runner.work / "comment.md").write_text(MARKER + "\n" + "x" * 70000)
    (runner.work / "compare.md").write_text("**Looser.**\n")
    assert runner.step("plan", name, {"comments": []}, NUMBER="5", REPORT=PAGE) == 0, runner.out
    assert "**Looser.**" in (runner.home / "sent.md").read_text(), "that fits"


def the_change_is_reported():
    name = "Report the change"
    for code, planned, written in ((0, True, True), (1, True, False), (0, False, False)):
        runner = Runner()
        (runner.work / "out").mkdir()
        if planned:
            (runner.work / "out/plan.json").write_text("{}")
        assert runner.step("plan", name, {"report": code}, NUMBER="5") == 0, "it stops nothing"
        assert (runner.outputs.get("written") == "true") == written, runner.outputs
        assert ("There is no report" in runner.summary) == (not written), runner.summary
        page = runner.home / "temp/change.html"
        assert page.exists() == written
        if planned:
            note = "Pull request 5, https://github.com/contoso/policies/actions/runs/12"
            wanted = ["report", "-t", "prod", "--plan", "out/plan.json", "--note", note, "--force", "-o", str(page)]
            assert runner.log("gatewright") == [wanted]
    jobs = load(PROJECT / ".github/workflows/plan.yml")["jobs"]
    assert jobs["comment"]["permissions"] == {"pull-requests": "write"}
    keeps = [s for s in jobs["plan"]["steps"] if s.get("id") == "keep"]
    assert keeps[0]["with"]["path"].endswith("/change.html") and keeps[0]["continue-on-error"] is True


def the_main_branch_is_reported():
    for code in (0, 1):
        runner = Runner()
        assert runner.step("apply", "Report", {"report": code}) == 0, "it stops nothing"
        assert (runner.outputs == {"written": "true"}) == (code == 0), runner.outputs
        assert ("There is no report" in runner.summary) == (code == 1), runner.summary
        note = "Commit beef, https://github.com/contoso/policies/actions/runs/12"
        page = str(runner.home / "temp/report.html")
        assert runner.log("gatewright") == [["report", "-t", "prod", "--note", note, "--force", "-o", page]]


def gitlab_keeps_reports():
    document = load(FOLDER / "gitlab/.gitlab-ci.yml")
    for job, page, asked in (("change", "change.html", ["--plan", "plan.json"]), ("report", "report.html", ["--note"])):
        assert document[job]["allow_failure"] is True and document[job]["artifacts"]["paths"] == [page]
        runner = Runner()
        script = "set -eu\n" + "\n".join(document[job]["script"])
        assert runner.script(["bash"], script, {"report": 0}, GATEWRIGHT_ID_TOKEN="token") == 0, runner.out
        assert (runner.work / page).exists()
        log = runner.log("gatewright")[-1]
        assert log[3 : 3 + len(asked)] == asked, log
    assert document["change"]["rules"][0]["if"].endswith("$CI_MERGE_REQUEST_SOURCE_PROJECT_ID == $CI_PROJECT_ID")
    assert document["change"]["artifacts"]["expose_as"]
    assert "id_tokens" not in document["report"] and document["report"]["extends"] == ".gatewright"


def plan_after_the_merge():
    for code, changes in ((0, "false"), (2, "true")):
        runner = Runner()
        assert runner.step("apply", "Plan", {"plan": code, "saved": saved(ONE)}) == 0, runner.out
        assert runner.outputs == {"changes": changes, "digest": "d" * 64}, runner.outputs
    for code in (1, 3):
        assert Runner().step("apply", "Plan", {"plan": code, "saved": saved(ONE)}) == code


def only_the_reviewed_plan_goes_on():
    runs = [{"id": 1}]
    fine = {"pulls": PULL, "runs": runs, "reviewed": saved(ONE, digest="e" * 64)}
    cases = [
        ("the same", {}, 0),
        ("the same, from other lines", {"reviewed": saved(MOVED)}, 0),
        ("another action", {"reviewed": saved(OTHER)}, 4),
        ("one action more", {"reviewed": saved(ONE + OTHER)}, 4),
        ("another tenant", {"reviewed": saved(ONE, tenant="t2")}, 4),
        ("not a plan", {"reviewed": {}}, 4),
        ("no pull request", {"pulls": []}, 4),
        ("not merged", {"pulls": [{**PULL[0], "merged_at": None}]}, 4),
        ("merged elsewhere", {"pulls": [{**PULL[0], "base": {"ref": "side"}}]}, 4),
        ("no plan for the last commit", {"runs": []}, 4),
        ("not kept", {"kept": False}, 4),
    ]
    for name, change, wanted in cases:
        runner = Runner()
        (runner.work / "plan.json").write_text(json.dumps(saved(ONE)))
        code = runner.step("apply", "Compare with the plan that was reviewed", {**fine, **change})
        assert code == wanted, (name, code, runner.out)
        assert ("Not the reviewed plan" in runner.out) == (wanted == 4), (name, runner.out)


def apply_is_pinned():
    for code in (0, 4, 5):
        runner = Runner()
        assert runner.step("apply", "Apply", {"apply": code}, DIGEST="d" * 64) == code, runner.out
        wanted = ["apply", "plan.json", "--digest", "d" * 64, "--format", "markdown"]
        assert runner.log("gatewright") == [wanted]
        assert runner.summary.startswith("## Applied to `prod`"), runner.summary
        lines = runner.out.splitlines()
        stop = next(l for l in lines if l.startswith("::stop-commands::"))
        token = stop.removeprefix("::stop-commands::")
        assert lines.index(stop) < lines.index("::error::no") < lines.index(f"::{token}::")
        assert ("Stale plan" in runner.out) == (code == 4), runner.out


def drift_becomes_a_pull_request():
    runner = Runner()
    assert runner.step("drift", "Look for drift", {"drift": 0}) == 0, runner.out
    assert runner.outputs == {}
    runner = Runner()
    assert runner.step("drift", "Look for drift", {"drift": 1}) == 1
    assert runner.summary.startswith("<!-- gatewright:drift"), "why there is none is in the summary"
    runner = Runner()
    assert runner.step("drift", "Look for drift", {"drift": 2, "adopt": 3}) == 3, "a guard refuses it"
    assert runner.outputs == {} and "**A guard refuses to take this over.**" in runner.summary, runner.summary
    for listed, verb in (([], "create"), ([{"number": 3}], "edit")):
        runner = Runner()
        assert runner.step("drift", "Look for drift", {"drift": 2}) == 0, runner.out
        assert runner.outputs == {"adopted": "true"}, runner.outputs
        assert "::error" not in runner.out, "what the tenant is named like does not reach the log"
        body = (runner.work / "out/body.md").read_text()
        assert "## Drift in `prod`\n\n**1 changed.**" in body and runner.summary == body, body
        patch = (runner.work / "out/drift.patch").read_text()
        assert "policies/new.yaml" in patch and "guards.yaml" not in patch, patch
        # The other job: a fresh checkout, and what the first one handed over.
        shutil.copytree(runner.work / "out", runner.home / "temp/drift")
        runner.git("reset", "--quiet", "--hard")
        runner.git("clean", "-fdq")
        name = "Push the branch and open the pull request"
        assert runner.step("drift", name, {"open": listed}) == 0, runner.out
        pushed = run("git", "log", "-1", "--stat", "--format=%s", "gatewright/drift-prod", cwd=runner.home / "origin").stdout
        assert "policies/new.yaml" in pushed and "1 file changed" in pushed, pushed
        assert runner.log("gh")[-1][:2] == ["pr", verb], runner.log("gh")


def action(name):
    document = load(PROJECT / ".github/actions/gatewright/action.yml")
    return next(s["run"] for s in document["runs"]["steps"] if s["name"] == name)


# As the runner starts a `run:` with `shell: bash`.
BASH = ["bash", "--noprofile", "--norc", "-eo", "pipefail"]


def the_action_knows_where_gatewright_comes_from():
    runner = Runner()
    given = ("GIT", "REV", "BINARY", "WHEEL", "VERSION", "SHA256")
    nothing = {**{name: "" for name in given}, "HERE": str(runner.work)}
    digest = "0A" * 32
    find = action("Find where gatewright comes from")
    for given, wanted in (
        ({"GIT": "https://example.com/x", "REV": "0a" * 20}, "git"),
        ({"VERSION": "1.2.3", "SHA256": digest}, "version"),
        ({"VERSION": "1.2.3rc1", "SHA256": f"{digest}\n{digest}"}, "version"),
        ({"BINARY": "gatewright.yaml"}, "binary"),
        ({"WHEEL": "gatewright.yaml"}, "wheel"),
        ({"WHEEL": "gatewright.yaml", "SHA256": digest}, "wheel"),
        ({}, None),
        ({"GIT": "https://example.com/x", "REV": "main"}, None),
        ({"GIT": "https://example.com/x", "REV": "v1.2.3"}, None),
        ({"BINARY": "not-there"}, None),
        ({"WHEEL": "not-there"}, None),
        ({"VERSION": "1.2.3"}, None),
        ({"VERSION": "latest", "SHA256": digest}, None),
        ({"VERSION": "1.2.3 --pre", "SHA256": digest}, None),
        ({"VERSION": "1.2.3\nfrom=git", "SHA256": digest}, None),
        ({"VERSION": "1.2.3", "SHA256": digest[1:]}, None),
        ({"WHEEL": "gatewright.yaml", "SHA256": "sha256:" + digest}, None),
        ({"VERSION": "1.2.3", "SHA256": digest, "GIT": "https://example.com/x", "REV": "0a" * 20}, None),
    ):
        code = runner.script(BASH, find, {}, **{**nothing, **given})
        assert (code == 0) == bool(wanted), (given, runner.out)
        assert runner.outputs.get("from") == wanted, (given, runner.outputs)
        assert wanted or "::error" in runner.out, runner.out
        assert not wanted or set(runner.outputs["sha256"].split()) <= {digest.lower()}, runner.outputs
    for name in ("src", "schema"):
        (runner.work / name).mkdir(exist_ok=True)
    for name in ("src/main.rs", "action.yml", "askama.toml", "Cargo.toml", "Cargo.lock"):
        (runner.work / name).write_text("a")
    keys = set()
    for text in ("a", "b"):
        (runner.work / "src/main.rs").write_text(text)
        assert runner.script(BASH, find, {}, **nothing) == 0, runner.out
        assert runner.outputs["from"] == "source", runner.outputs
        keys.add(runner.outputs["key"])
    assert len(keys) == 2, "another source is another build"


def the_action_takes_a_program_that_was_built_before():
    runner = Runner()
    built = runner.work / "built-for-linux"
    shutil.copy(runner.home / "programs/gatewright", built)
    built.chmod(0o644)
    path = runner.home / "path"
    given = {"FROM": "binary", "FOUND": "", "BINARY": "built-for-linux", "SHA256": "", "GITHUB_PATH": str(path)}
    assert runner.script(BASH, action("Install gatewright"), {}, **given) == 0, runner.out
    folder = pathlib.Path(path.read_text().strip())
    assert folder == runner.home / "temp/gatewright/bin" and os.access(folder / "gatewright", os.X_OK)


def a_wheel(runner):
    """A wheel of the stand-in, as maturin lays it out, and its digest."""
    wheel = runner.home / "gatewright-1.2.3-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as file:
        file.writestr("gatewright-1.2.3.data/scripts/gatewright", GATEWRIGHT)
        file.writestr("gatewright-1.2.3.data/scripts/other", "not taken")
        file.writestr("../../outside", "no")
    python = runner.home / "programs/python3"
    python.write_text(PYTHON.replace("/usr/bin/env python3", sys.executable))
    python.chmod(0o755)
    return wheel, hashlib.sha256(wheel.read_bytes()).hexdigest()


def the_action_takes_the_program_out_of_a_wheel():
    install = action("Install gatewright")
    other = "0" * 64
    for source in ("wheel", "version"):
        for digests, wanted in ((lambda d: d, 0), (lambda d: f" {other} {d}", 0), (lambda d: f" {other}", 1)):
            runner = Runner()
            wheel, digest = a_wheel(runner)
            path = runner.home / "path"
            given = {"FROM": source, "FOUND": "", "WHEEL": str(wheel), "VERSION": "1.2.3"}
            given |= {"SHA256": digests(digest), "GITHUB_PATH": str(path)}
            assert runner.script(BASH, install, {}, **given) == wanted, runner.out
            folder = runner.home / "temp/gatewright/bin"
            assert path.exists() == (wanted == 0), "what was refused is not on the PATH"
            assert [file.name for file in folder.iterdir()] == ["gatewright"] * (wanted == 0)
            assert wanted == 0 or digest in runner.out and "::error" in runner.out, runner.out
            assert not (runner.home / "temp/outside").exists() and not (runner.home / "outside").exists()
            downloads = [line for line in runner.log("python") if line[:2] == ["-m", "pip"]]
            assert len(downloads) == (source == "version"), downloads
            if downloads:
                assert downloads[0][-1] == "gatewright==1.2.3" and "--only-binary" in downloads[0] and "--no-deps" in downloads[0]
    runner = Runner()
    wheel, digest = a_wheel(runner)
    given = {"FROM": "wheel", "FOUND": "", "WHEEL": str(wheel), "SHA256": "", "GITHUB_PATH": str(runner.home / "path")}
    assert runner.script(BASH, install, {}, **given) == 0, runner.out
    built = runner.home / "programs/gatewright"
    given = {"FROM": "binary", "FOUND": "", "BINARY": str(built), "SHA256": f" {other}", "GITHUB_PATH": str(runner.home / "no")}
    assert runner.script(BASH, install, {}, **given) == 1 and not (runner.home / "no").exists(), runner.out


def the_other_services_install_a_release():
    azure = load(FOLDER / "azure/azure-pipelines-gatewright.yml")
    azure = next(step["bash"] for step in azure["steps"] if "bash" in step)
    gitlab = load(FOLDER / "gitlab/.gitlab-ci.yml")[".gatewright"]["before_script"][0]
    for name, script, folder in (("azure", azure, "temp/gatewright"), ("gitlab", gitlab, "work/.gatewright-bin")):
        for right in (True, False):
            runner = Runner()
            _, digest = a_wheel(runner)
            digest = digest if right else "0" * 64
            given = {
                "FOUND": "false", "ROOT": str(runner.home / "temp/gatewright"), "CI_PROJECT_DIR": str(runner.work),
                "GIT": "", "REV": "", "VERSION": "1.2.3", "SHA256": digest,
                "GATEWRIGHT_GIT": "", "GATEWRIGHT_REV": "", "GATEWRIGHT_VERSION": "1.2.3", "GATEWRIGHT_SHA256": digest,
            }
            assert (runner.script(["bash"], script, {}, **given) == 0) == right, (name, runner.out)
            program = runner.home / folder / "bin/gatewright"
            assert program.exists() == right, (name, "another file is refused")
            assert not right or os.access(program, os.X_OK)
            if right:
                # The next job finds it, and downloads nothing.
                assert runner.script(["bash"], script, {}, **{**given, "FOUND": "true"}) == 0, runner.out
                assert len([line for line in runner.log("python") if "pip" in line]) == 1
            both = {**given, "GIT": "https://example.com/x", "GATEWRIGHT_GIT": "https://example.com/x"}
            assert Runner().script(["bash"], script, {}, **both) == 1, name


def the_action_runs_a_command():
    runner = Runner()
    command = action("Run gatewright")
    arguments = "drift\n-t\nprod; touch pwned $(touch pwned)\n"
    given = {"ARGUMENTS": arguments, "SUMMARY": "true"}
    assert runner.script(BASH, command, {"drift": 2}, ACCEPT="0", **given) == 2
    assert runner.script(BASH, command, {"drift": 2}, ACCEPT="0 2", **given) == 0, runner.out
    assert runner.log("gatewright")[-1] == ["drift", "-t", "prod; touch pwned $(touch pwned)"]
    assert not (runner.work / "pwned").exists()
    assert runner.outputs["exit-code"] == "2" and "~ drift" in runner.summary
    lines = runner.out.splitlines()
    stop = next(l for l in lines if l.startswith("::stop-commands::"))
    token = stop.removeprefix("::stop-commands::")
    assert lines.index(stop) < lines.index("::error::no") < lines.index(f"::{token}::")


def gitlab_hands_the_digest_over():
    runner = Runner()
    document = load(FOLDER / "gitlab/.gitlab-ci.yml")
    script = "set -eu\n" + "\n".join(document["plan"]["script"])
    code = runner.script(["bash"], script, {"plan": 0, "saved": saved(ONE)}, GATEWRIGHT_ID_TOKEN="token")
    assert code == 0, runner.out
    assert (runner.work / "plan.env").read_text() == f"PLAN_DIGEST={'d' * 64}\n"
    script = "set -eu\n" + "\n".join(document["apply"]["script"])
    given = {"GATEWRIGHT_ID_TOKEN": "token", "PLAN_DIGEST": "d" * 64}
    assert runner.script(["bash"], script, {"apply": 4}, **given) == 4
    assert runner.log("gatewright")[-1] == ["apply", "plan.json", "--digest", "d" * 64]


def azure_takes_commands_apart():
    runner = Runner()
    document = load(FOLDER / "azure/azure-pipelines.yml")
    steps = {}
    for stage in document["stages"]:
        for job in stage["jobs"]:
            for step in job.get("steps") or job["strategy"]["runOnce"]["deploy"]["steps"]:
                steps[step.get("displayName")] = step.get("script") or step.get("inputs", {}).get("inlineScript")
    runner.script(["bash"], steps["gatewright drift"], {"drift": 2}, AZURESUBSCRIPTION_CLIENT_ID="id")
    assert "~ drift" in runner.out and "##" not in runner.out, runner.out
    out = runner.home / "staging"
    out.mkdir()
    script = steps["gatewright compare"].replace("$(Build.ArtifactStagingDirectory)", str(out))
    for code in (0, 1):
        assert runner.script(["bash"], script, {"compare": code}) == 0, runner.out
        assert "##vso[task.setvariable" not in runner.out, runner.out
        assert f"##vso[task.uploadsummary]{out}/compare.md" in runner.out, runner.out
    script = steps["gatewright plan"].replace("$(Build.ArtifactStagingDirectory)", str(out))
    for code in (2, 3):
        given = {"plan": code, "saved": saved(ONE)}
        ended = runner.script(["bash"], script, given, AZURESUBSCRIPTION_CLIENT_ID="id")
        assert ended == (0 if code == 2 else 3), runner.out
        assert ("variable=digest;isOutput=true]" + "d" * 64 in runner.out) == (code == 2)
        assert f"##vso[task.uploadsummary]{out}/plan.md" in runner.out, "also of a refused plan"
    of_agent = lambda text: text.replace("$(Build.ArtifactStagingDirectory)", str(out))
    said = runner.home / "temp/change.md"
    for code in (0, 1):
        given = {"AZURESUBSCRIPTION_CLIENT_ID": "id"}
        change = of_agent(steps["gatewright report of the change"])
        assert runner.script(["bash"], change, {"report": code}, **given) == 0, "it stops nothing"
        assert "variable=digest" not in runner.out.replace("# #vso[task.setvariable variable=digest]", ""), runner.out
        assert ("##vso[task.setvariable variable=reported]true" in runner.out) == (code == 0), runner.out
        assert f"##vso[task.uploadsummary]{said}" in runner.out
        address = "https://dev.azure.com/contoso/p1/_build/results?buildId=12&view=artifacts"
        assert (address in said.read_text()) == (code == 0), said.read_text()
        # Of the main branch it fails, and the run goes on.
        ended = runner.script(["bash"], of_agent(steps["gatewright report"]), {"report": code})
        assert ended == code and ("variable=reported" in runner.out) == (code == 0), runner.out
    script = steps["gatewright apply"].replace("$(Pipeline.Workspace)", str(out))
    for code in (0, 4):
        given = {"AZURESUBSCRIPTION_CLIENT_ID": "id", "DIGEST": "d" * 64}
        assert runner.script(["bash"], script, {"apply": code}, **given) == code, "not that of sed"


STORIES = [
    the_action_knows_where_gatewright_comes_from,
    the_action_takes_a_program_that_was_built_before,
    the_action_takes_the_program_out_of_a_wheel,
    the_other_services_install_a_release,
    the_action_runs_a_command,
    gitlab_hands_the_digest_over,
    azure_takes_commands_apart,
    plan_of_a_pull_request,
    what_a_change_does_is_shown_without_a_credential,
    comment_is_renewed,
    the_change_is_reported,
    the_main_branch_is_reported,
    gitlab_keeps_reports,
    plan_after_the_merge,
    only_the_reviewed_plan_goes_on,
    apply_is_pinned,
    drift_becomes_a_pull_request,
]
with tempfile.TemporaryDirectory() as WORK:
    for story in STORIES:
        story()
        print(f"ok -- {story.__name__.replace('_', ' ')}")
