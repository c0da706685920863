"""Runs the jobs of the examples for many machines as their engines would, with the real program and
an embedded tenant in the place of each tenant: part by part, then the merge. What comes out must be
what one process says; one tenant that fails, a part that is missing and a plan that is not the
reviewed one must be told.

Usage: examples.py GATEWRIGHT EXAMPLES [WORD...]   (the folder `examples` of the repository; only the
stories whose names contain one of the words)
"""

import concurrent.futures
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import ruamel.yaml

GATEWRIGHT = pathlib.Path(sys.argv[1]).resolve()
EXAMPLES = pathlib.Path(sys.argv[2]).resolve()
NAMES = ["contoso", "fabrikam", "tailspin"]
PULL = [{"merged_at": "now", "base": {"ref": "main"}, "head": {"sha": "feed"}}]
# What somebody may change a policy to.
OTHERWISE = ("policies/baseline.yaml", "[exchangeActiveSync, other]", "[other]")
# The tenant of the application, which the webhook of Kubernetes puts into every pod.
HOME_TENANT = "99999999-2222-3333-4444-555555555555"

GH = r"""#!/usr/bin/env python3
import json, os, shutil, subprocess, sys
args = sys.argv[1:]
case = json.load(open(os.environ["STORY"] + "/case.json"))
def answer(value):
    done = subprocess.run(["jq", "-r", args[args.index("--jq") + 1]], input=json.dumps(value), text=True)
    sys.exit(done.returncode)
if "-F" in args:
    body = args[args.index("-F") + 1].removeprefix("body=@")
    print(json.dumps({"patch": "PATCH" in args, "to": [a for a in args if "repos/" in a], "body": open(body).read()}))
elif args[:2] == ["api", "--paginate"]:
    print(json.dumps(case["comments"]))
elif args[0] == "api" and args[1].endswith("/pulls"):
    answer(case["pulls"])
elif args[0] == "api" and "/runs?" in args[1]:
    assert "head_sha=feed" in args[1] and "status=success" in args[1], args
    answer({"workflow_runs": [{"id": 1}]})
elif args[:2] == ["run", "download"]:
    assert args[args.index("--pattern") + 1] == "plan-*", args
    shutil.copytree(case["reviewed"], args[args.index("--dir") + 1])
else:
    sys.exit("not expected: " + " ".join(args))
"""


def load(path):
    return list(ruamel.yaml.YAML(typ="safe").load_all(path.read_text()))


def step(steps, name):
    found = [s for s in steps if name in (s.get("name"), s.get("displayName"))]
    assert len(found) == 1, (name, found)
    return found[0].get("run") or found[0].get("bash") or found[0]["inputs"]["inlineScript"]


class World:
    """A project of an example, and its tenants as they are now."""

    def __init__(self, example, away=()):
        self.home = pathlib.Path(tempfile.mkdtemp(dir=WORK))
        self.project = self.home / "project"
        shutil.copytree(EXAMPLES / example, self.project)
        self.state = self.home / "state"
        self.state.mkdir()
        self.count = 0
        for name in NAMES:
            file = self.project / f"tenants/{name}.yaml"
            assert "tenantId: " in file.read_text()
            # Without a sign-in that works it stays what it is: a tenant that fails.
            if name not in away:
                text = re.sub(r"(?m)^tenantId: .*$", f"sandbox: .gatewright/{name}.json", file.read_text())
                file.write_text(re.sub(r"domain: [a-z.]+", "domain: contoso.com", text))

    def folder(self, name):
        self.count += 1
        folder = self.home / f"{self.count}-{name}"
        folder.mkdir()
        return folder

    def put(self, work):
        """Puts the tenants into the folder of a machine."""
        (work / ".gatewright").mkdir(parents=True, exist_ok=True)
        for file in self.state.iterdir():
            shutil.copy(file, work / ".gatewright")

    def take(self, work):
        """Takes what a machine made of the tenants. Each tenant is on one machine only."""
        for file in (work / ".gatewright").glob("*.json"):
            now = self.state / file.name
            if not now.exists() or now.read_bytes() != file.read_bytes():
                shutil.copy(file, now)

    def machine(self):
        work = self.folder("machine")
        shutil.copytree(self.project, work, dirs_exist_ok=True)
        self.put(work)
        return work

    def run(self, *args, edit=None, takes=False):
        """The same by hand, in one process."""
        work = self.machine()
        if edit:
            file = work / edit[0]
            assert edit[1] in file.read_text()
            file.write_text(file.read_text().replace(edit[1], edit[2]))
        done = subprocess.run([str(GATEWRIGHT), *args], cwd=work, capture_output=True, text=True, env=environment())
        if takes:
            self.take(work)
        return done

    def moves(self, name):
        """Somebody changes a tenant in another way."""
        done = self.run("apply", "-t", name, "--yes", "--quiet", edit=OTHERWISE, takes=True)
        assert done.returncode == 0, done.stdout + done.stderr

    def swaps(self, plans):
        """Puts another plan of the same tenant into a folder: one that is valid, and was not reviewed."""
        plan = next(plans.iterdir())
        done = self.run("plan", "-t", plan.stem, "--out", str(plan), edit=OTHERWISE)
        assert done.returncode == 0, done.stdout + done.stderr

    def tenants(self):
        return {file.name: file.read_bytes() for file in self.state.iterdir()}


def environment(**more):
    return {"PATH": f"{PROGRAMS}:{os.environ['PATH']}", "HOME": str(WORK), "LANG": "C.UTF-8", **more}


class Job:
    """What a script did."""

    def __init__(self, command, script, work, **env):
        temp = pathlib.Path(tempfile.mkdtemp(dir=WORK))
        for name in ("output", "summary"):
            (temp / name).write_text("")
        (temp / "script").write_text(script)
        variables = environment(
            STORY=str(temp), GITHUB_OUTPUT=str(temp / "output"), GITHUB_STEP_SUMMARY=str(temp / "summary"),
            GITHUB_REPOSITORY="contoso/policies", GITHUB_SHA="beef", RUNNER_TEMP=str(temp),
            AGENT_TEMPDIRECTORY=str(temp), PARTS="8",
        )
        case = env.pop("case", None)
        (temp / "case.json").write_text(json.dumps(case))
        variables.update(env)
        done = subprocess.run([*command, str(temp / "script")], cwd=work, env=variables, capture_output=True, text=True)
        self.code, self.out = done.returncode, done.stdout + done.stderr
        self.stdout = done.stdout
        lines = (temp / "output").read_text().splitlines()
        self.outputs = dict(line.split("=", 1) for line in lines)
        pattern = r"(?m)^##vso\[task.setvariable variable=(\w+);isOutput=true\](.*)$"
        self.outputs.update(re.findall(pattern, done.stdout))
        self.summary = (temp / "summary").read_text()
        self.work = work

    def ends(self, code):
        assert self.code == code, (self.code, code, self.out, self.summary)
        return self


def half(folder):
    """Cuts the last line of one of the results, as a machine that is stopped leaves it."""
    file = next(f for f in sorted(folder.rglob("*.jsonl")) if f.read_text().strip())
    text = file.read_text()
    file.write_text(text[: len(text) - 100])
    return json.loads(text.splitlines()[-1])["tenant"]


def rows(markdown):
    """The table: the result of each tenant."""
    found = re.findall(r"(?m)^\| ([a-z]+) \| ([a-z ]+) \|", markdown)
    return {name: result for name, result in found if name in NAMES}


# GitHub Actions


class GitHub(World):
    def __init__(self, away=()):
        super().__init__("github-matrix", away)
        files = (self.project / ".github/workflows").glob("*.yml")
        self.jobs = {file.stem: load(file)[0]["jobs"] for file in files}

    def job(self, workflow, job, name, work, **env):
        # As the runner starts a `run:` without `shell:`.
        return Job(["bash", "-e"], step(self.jobs[workflow][job]["steps"], name), work, **env)

    def matrix(self, workflow, job="tenants", **env):
        shared = self.job(workflow, job, "Share the tenants out", self.machine(), **env).ends(0)
        parts = json.loads(shared.outputs["matrix"])["include"]
        assert sorted(name for part in parts for name in part["tenants"]) == NAMES
        return parts

    def parts(self, workflow, job, name, kept, parts, given=None, takes=False, **env):
        """All jobs of a matrix; what they upload is left in one folder for each."""
        artifacts, codes = self.folder("artifacts"), []
        for index, part in enumerate(parts):
            work = self.machine()
            if given:
                shutil.copytree(given, work / "plans")
            more = {"SHARD": part["shard"], "NAMES": json.dumps(part["tenants"]), "PART": str(index)}
            done = self.job(workflow, job, name, work, **more, **env)
            codes.append(done.code)
            shutil.copytree(work / "out", artifacts / f"{kept}-{index}")
            if takes:
                self.take(work)
        return artifacts, codes

    def download(self, artifacts, into):
        for artifact in sorted(artifacts.iterdir()):
            shutil.copytree(artifact, into, dirs_exist_ok=True)


def commit(work):
    """A checkout of a merge, whose second parent changed a policy."""
    for command in (
        "git init --quiet", "git config user.name somebody", "git config user.email somebody@example.com",
        "git add gatewright.yaml guards.yaml tenants policies", "git commit --quiet -m main",
        "git commit --quiet --allow-empty -m merge",
    ):
        subprocess.run(command.split(), cwd=work, check=True, capture_output=True)


def github_pull_request(world, lose=None, cut=False):
    parts = world.matrix("plan", "validate")
    artifacts, codes = world.parts("plan", "plan", "Plan", "plan", parts)
    if lose is not None:
        shutil.rmtree(artifacts / f"plan-{lose}")
    cut = half(artifacts) if cut else None
    work = world.machine()
    commit(work)
    world.download(artifacts, work / "parts")
    return artifacts, codes, parts, cut, world.job("plan", "merge", "Merge", work)


def github_plans_as_one_process_does():
    world = GitHub()
    _, codes, _, _, merged = github_pull_request(world)
    assert set(codes) == {0} and merged.ends(0).outputs["commented"] == "true"
    whole = world.run("plan", "-t", "all", "--format", "markdown")
    assert whole.returncode == 0 and set(rows(whole.stdout)) == set(NAMES)
    assert (merged.work / "out/table.md").read_text() == whole.stdout == merged.summary
    assert "3 with changes" in (merged.work / "out/plan.html").read_text()
    comment = (merged.work / "out/comment.md").read_text()
    marker = "<!-- gatewright:tenants -->"
    assert comment.startswith(marker) and "[!WARNING]" not in comment, comment
    script = step(world.jobs["plan"]["comment"]["steps"], "Write the comment, or renew the one of the last run")
    assert f'"{marker}"' in script


def github_renews_its_comment():
    world = GitHub()
    marker, bot = "<!-- gatewright:tenants -->", {"user": {"login": "github-actions[bot]"}}
    mine = {"id": 7, **bot, "body": marker + "\nold"}
    name = "Write the comment, or renew the one of the last run"
    for comments, body, patch in (
        ([], "new", False),
        ([{"id": 9, "user": {"login": "mallory"}, "body": marker}], "new", False),
        ([mine], "new", True),
        ([mine], "x" * 70000, True),
    ):
        work = world.machine()
        (work / "comment.md").write_text(f"{marker}\n{body}\n")
        given = {"NUMBER": "5", "GITHUB_SERVER_URL": "https://github.com", "GITHUB_RUN_ID": "12"}
        done = world.job("plan", "comment", name, work, case={"comments": comments}, **given).ends(0)
        sent = json.loads(done.stdout)
        assert sent["patch"] == patch and sent["body"].startswith(marker + "\n"), sent
        assert sent["to"] == ["repos/contoso/policies/issues/" + ("comments/7" if patch else "5/comments")], sent
        assert ("\nnew\n" in sent["body"]) == (body == "new") and len(sent["body"]) < 1000, sent
        assert ("actions/runs/12" in sent["body"]) == (body != "new"), sent


def github_tells_what_is_missing():
    # A tenant that fails: the others are planned, and the job of its part fails, too.
    world = GitHub(away=["fabrikam"])
    _, codes, parts, _, merged = github_pull_request(world)
    failing = next(i for i, part in enumerate(parts) if "fabrikam" in part["tenants"])
    assert codes == [int(i == failing) for i in range(len(parts))], codes
    merged.ends(1)
    assert rows(merged.summary) == {"contoso": "changes", "fabrikam": "error", "tailspin": "changes"}
    assert "cannot sign in" in merged.summary and merged.outputs["commented"] == "true"
    # A part that never ran, and one whose machine was stopped.
    world = GitHub()
    *_, parts, _, merged = github_pull_request(world, lose=0)
    wanted = {name: "error" if name in parts[0]["tenants"] else "changes" for name in NAMES}
    assert rows(merged.ends(1).summary) == wanted and "there is no result of this tenant" in merged.summary
    *_, cut, merged = github_pull_request(world, cut=True)
    assert rows(merged.ends(1).summary)[cut] == "error", merged.summary
    # No part at all.
    merged = github_nothing(world)
    assert "the folder `parts` has no file" in merged.ends(1).summary, merged.summary
    assert merged.summary.startswith("<!-- gatewright:tenants -->\n") and merged.outputs["commented"] == "true"


def github_nothing(world):
    work = world.machine()
    commit(work)
    return world.job("plan", "merge", "Merge", work)


def github_review(world, reviewed, partial="false", tenants="all", event="push"):
    """From the merge to what is handed over for the approval."""
    parts = world.matrix("apply", TENANTS=tenants) if tenants == "all" else None
    if parts is None:
        shared = world.job("apply", "tenants", "Share the tenants out", world.machine(), TENANTS=tenants).ends(0)
        parts = json.loads(shared.outputs["matrix"])["include"]
    artifacts, _ = world.parts("apply", "plan", "Plan", "plan", parts, TENANTS=tenants)
    work = world.machine()
    world.download(artifacts, work / "parts")
    merged = world.job("apply", "review", "Merge", work, TENANTS=tenants, PARTIAL=partial)
    if merged.code:
        return merged, None, None
    ready = world.job("apply", "review", "Take the plans that have changes", work).ends(0)
    if event == "push" and ready.outputs["changes"] == "true":
        case = {"pulls": PULL, "reviewed": str(reviewed)}
        compared = world.job("apply", "review", "Compare with the plans that were reviewed", work, case=case)
        if compared.code:
            return merged, ready, compared
    return merged, ready, None


def github_apply(world, ready, planned="0", tamper=None, before=None):
    plans = ready.work / "ready"
    if tamper:
        tamper(plans)
    if before:
        before()
    parts = json.loads(ready.outputs["matrix"])["include"]
    given = {"DIGEST": ready.outputs["digest"]}
    artifacts, codes = world.parts("apply", "apply", "Apply", "applied", parts, given=plans, takes=True, **given)
    work = world.machine()
    shutil.copytree(plans, work / "plans")
    world.download(artifacts, work / "parts")
    return codes, world.job("apply", "result", "Merge", work, PLANNED=planned)


def github_applies_what_was_reviewed():
    world = GitHub()
    reviewed, *_ = github_pull_request(world)
    merged, ready, _ = github_review(world, reviewed)
    assert merged.outputs["code"] == "0" and ready.outputs["changes"] == "true"
    assert len(list((ready.work / "ready").iterdir())) == 3
    codes, result = github_apply(world, ready)
    assert set(codes) == {0} and rows(result.ends(0).summary) == dict.fromkeys(NAMES, "applied"), result.summary
    assert (result.work / "out/applied.html").exists()
    # Nothing is left to do, and nothing is asked for.
    merged, ready, _ = github_review(world, reviewed)
    assert ready.outputs == {"changes": "false"}


def github_refuses_other_plans():
    world = GitHub()
    reviewed, *_ = github_pull_request(world)
    # Changed between the review and the merge.
    world.moves("tailspin")
    _, _, stopped = github_review(world, reviewed)
    assert "Not the reviewed plan" in stopped.ends(4).out and "`tailspin.json`" in stopped.summary, stopped.out
    assert "contoso" not in stopped.summary
    # By hand, the approval is the review. Changed while that was waited for: its part writes nothing.
    _, ready, _ = github_review(world, reviewed, event="workflow_dispatch")
    codes, result = github_apply(world, ready, before=lambda: world.moves("contoso"))
    assert sorted(codes) == [0, 0, 4], codes
    assert rows(result.ends(4).summary)["contoso"] == "stale", result.summary
    # Not the plans that were approved: one is no plan, one is missing, one is another.
    world = GitHub()
    for tamper in (
        lambda plans: next(plans.iterdir()).write_text("{}"),
        lambda plans: next(plans.iterdir()).unlink(),
        world.swaps,
    ):
        _, ready, _ = github_review(world, reviewed, event="workflow_dispatch")
        before = world.tenants()
        codes, result = github_apply(world, ready, tamper=tamper)
        assert set(codes) == {1} and result.code == 1, (codes, result.out)
        assert before == world.tenants(), "something was written"


def github_applies_a_part_only_when_asked_to():
    world = GitHub(away=["fabrikam"])
    merged, ready, _ = github_review(world, None, event="workflow_dispatch")
    assert merged.ends(1) and ready is None and "Not every tenant could be planned" in merged.out
    assert merged.outputs["code"] == "1" and rows(merged.summary)["fabrikam"] == "error"
    _, ready, _ = github_review(world, None, partial="true", event="workflow_dispatch")
    codes, result = github_apply(world, ready, planned="1")
    assert set(codes) == {0}
    assert rows(result.ends(1).summary) == {"contoso": "applied", "tailspin": "applied"}, result.summary
    # Named tenants alone, by label: the others are not missed.
    world = GitHub(away=["tailspin"])
    merged, ready, _ = github_review(world, None, tenants="label:gold", event="workflow_dispatch")
    assert merged.outputs["code"] == "0" and rows(merged.summary) == {"contoso": "changes", "fabrikam": "changes"}


def github_drift(world):
    parts = world.matrix("drift")
    artifacts, codes = world.parts("drift", "drift", "Look for drift", "drift", parts)
    work = world.machine()
    world.download(artifacts, work / "parts")
    return codes, world.job("drift", "merge", "Merge", work)


def github_tells_of_drift():
    world = GitHub()
    assert world.run("apply", "-t", "all", "--yes", takes=True).returncode == 0
    codes, merged = github_drift(world)
    assert set(codes) == {0} and rows(merged.ends(0).summary) == dict.fromkeys(NAMES, "no drift"), merged.summary
    world.moves("fabrikam")
    codes, merged = github_drift(world)
    assert set(codes) == {0}, "the merge tells it once"
    assert rows(merged.ends(2).summary)["fabrikam"] == "drift" and rows(merged.summary)["contoso"] == "no drift"


# Azure Pipelines


class Azure(World):
    def __init__(self, away=()):
        super().__init__("azure-matrix", away)
        stages = load(self.project / "azure-pipelines.yml")[0]["stages"]
        self.stages = {s["stage"]: {j.get("job"): j for j in s["jobs"]} for s in stages}

    def job(self, stage, job, name, workspace, position=None, of=None, work=None, **env):
        work = work or self.machine()
        staging = self.folder("staging")
        script = step(self.stages[stage][job]["steps"], name)
        script = script.replace("$(Build.ArtifactStagingDirectory)", str(staging))
        script = script.replace("$(Pipeline.Workspace)", str(workspace))
        assert not re.search(r"\$\([A-Z]\w*\.", script), script
        env.setdefault("TENANTS", "all")
        env.setdefault("PARTIAL", "False")
        env["AZURESUBSCRIPTION_CLIENT_ID"] = "aaaaaaaa-0000-4000-8000-000000000001"
        if position:
            env |= {"SYSTEM_JOBPOSITIONINPHASE": str(position), "SYSTEM_TOTALJOBSINPHASE": str(of)}
        done = Job(["bash"], script, work, PIPELINE_WORKSPACE=str(workspace), **env)
        done.staging = staging
        return done

    def parts(self, stage, job, name, kept, workspace, takes=False, skip=(), **env):
        of = self.stages[stage][job]["strategy"]["parallel"]
        codes = []
        for position in range(1, of + 1):
            if position in skip:
                continue
            done = self.job(stage, job, name, workspace, position, of, **env)
            codes.append(done.code)
            shutil.copytree(done.staging, workspace / f"{kept}-{position}-1")
            if takes:
                self.take(done.work)
        return codes

    def plan(self, **env):
        workspace = self.folder("workspace")
        codes = self.parts("plan", "plan", "gatewright plan", "plan", workspace, **env)
        merged = self.job("plan", "merge", "gatewright merge", workspace, **env)
        shutil.copytree(merged.staging, workspace / "merged-1")
        return workspace, codes, merged

    def apply(self, workspace, merged):
        given = {"DIGEST": merged.outputs["digest"], "takes": True}
        codes = self.parts("apply", "apply", "gatewright apply", "applied", workspace, **given)
        return codes, self.job("apply", "result", "gatewright merge", workspace)


def azure_plans_as_one_process_does():
    world = Azure()
    workspace, codes, merged = world.plan()
    assert set(codes) == {0} and len(codes) == 4
    whole = world.run("plan", "-t", "all", "--format", "markdown").stdout
    assert (merged.ends(0).staging / "plan.md").read_text() == whole and set(rows(whole)) == set(NAMES)
    assert f"##vso[task.uploadsummary]{merged.staging}/plan.md" in merged.out
    # A part whose machine was stopped, and that was run again: the second attempt counts.
    stopped = next(p for p in sorted(workspace.glob("plan-*")) if list((p / "plans").glob("*")))
    again = workspace / (stopped.name[:-1] + "2")
    shutil.copytree(stopped, again)
    lost = half(stopped)
    shutil.rmtree(stopped / "plans")
    merged = world.job("plan", "merge", "gatewright merge", workspace)
    assert (merged.ends(0).staging / "plan.md").read_text() == whole
    shutil.rmtree(again)
    merged = world.job("plan", "merge", "gatewright merge", workspace)
    table = (merged.ends(1).staging / "plan.md").read_text()
    assert rows(table)[lost] == "error" and "there is no result of this tenant" in table, table
    assert "changes" not in merged.outputs, merged.outputs


def azure_applies_what_was_planned():
    world = Azure()
    workspace, _, merged = world.plan()
    assert merged.outputs["changes"] == "true"
    codes, result = world.apply(workspace, merged)
    assert set(codes) == {0}
    table = (result.ends(0).staging / "applied.md").read_text()
    assert rows(table) == dict.fromkeys(NAMES, "applied"), table
    _, _, merged = world.plan()
    assert merged.ends(0).outputs == {}, "nothing is left to do"
    # Changed while the approval was waited for.
    world = Azure()
    workspace, _, merged = world.plan()
    world.moves("contoso")
    codes, result = world.apply(workspace, merged)
    assert sorted(codes)[-1] == 4 and codes.count(4) == 1, codes
    assert rows((result.ends(4).staging / "applied.md").read_text())["contoso"] == "stale"
    # Not the plans that the digest names.
    world = Azure()
    workspace, _, merged = world.plan()
    world.swaps(workspace / "merged-1/ready")
    before = world.tenants()
    codes, _ = world.apply(workspace, merged)
    assert set(codes) == {1} and before == world.tenants(), codes


def azure_tells_what_fails():
    world = Azure(away=["fabrikam"])
    _, codes, merged = world.plan()
    assert sorted(codes) == [0, 0, 0, 1], codes
    table = (merged.ends(1).staging / "plan.md").read_text()
    assert rows(table) == {"contoso": "changes", "fabrikam": "error", "tailspin": "changes"}, table
    assert "changes" not in merged.outputs, "nothing is applied"
    workspace, _, merged = world.plan(PARTIAL="True")
    assert merged.ends(1).outputs["changes"] == "true"
    codes, result = world.apply(workspace, merged)
    assert set(codes) == {0} and result.ends(0)
    _, _, merged = world.plan(TENANTS="label:silver")
    assert rows((merged.ends(0).staging / "plan.md").read_text()) == {"tailspin": "no changes"}


def azure_tells_of_drift():
    world = Azure()
    assert world.run("apply", "-t", "all", "--yes", takes=True).returncode == 0
    for moved, code in ((False, 0), (True, 2)):
        if moved:
            world.moves("tailspin")
        workspace = world.folder("workspace")
        codes = world.parts("drift", "drift", "gatewright drift", "drift", workspace)
        assert set(codes) == {0}, codes
        merged = world.job("drift", "merge", "gatewright merge", workspace).ends(code)
        assert rows((merged.staging / "drift.md").read_text())["tailspin"] == ("drift" if moved else "no drift")


def azure_knows_how_many_there_are():
    text = (EXAMPLES / "azure-matrix/azure-pipelines.yml").read_text()
    parts = re.findall(r"(?m)^ +parallel: (\d+)$", text)
    assert len(parts) == 3 and len(set(parts)) == 1, parts


# Kubernetes


def pods():
    """The specification of every Job, with its name; those of a CronJob, too."""
    for file in sorted(EXAMPLES.glob("kubernetes/*/*.yaml")):
        for document in load(file) if file.parent.name in ("cluster", "jobs") else []:
            if document["kind"] == "CronJob":
                yield document["metadata"]["name"], document["spec"]["jobTemplate"]["spec"]
            if document["kind"] == "Job":
                yield document["metadata"]["name"], document["spec"]


class Kubernetes(World):
    def __init__(self, away=()):
        super().__init__("kubernetes", away)
        self.jobs = dict(pods())
        self.results = self.folder("results")

    def config(self):
        """The ConfigMaps as a pod has them: links to links."""
        config = self.folder("config")
        for name, source in (("project", "."), ("tenants", "tenants"), ("policies", "policies")):
            data = config / name / "..2026"
            data.mkdir(parents=True)
            (config / name / "..data").symlink_to("..2026")
            files = [f for f in (self.project / source).glob("*.yaml")]
            for file in files:
                shutil.copy(file, data)
                (config / name / file.name).symlink_to(f"..data/{file.name}")
        return config

    def pod(self, name, index=None, **given):
        container = self.jobs[name]["template"]["spec"]["containers"][0]
        work = self.folder("work")
        state = work
        if name.startswith("gatewright-apply"):
            # It works on the volume.
            state = self.results / given["run-name"] / f"apply-{index}"
        self.put(state)
        script = container["args"][0]
        for path, real in (("/config", self.config()), ("/scratch", work), ("/results", self.results)):
            script = re.sub(rf"(?<![\w.$}}\"/]){path}\b|(?<=[\" =]){path}\b", str(real), script)
        assert not re.search(r"(?m)(^|[ =\"])/(config|scratch|results)\b", script), script
        env = {e["name"]: e["value"] for e in container.get("env", [])}
        for placeholder, value in given.items():
            env = {key: text.replace(placeholder, value) for key, text in env.items()}
        if index is not None:
            env["JOB_COMPLETION_INDEX"] = str(index)
        assert container["command"] == ["/bin/sh", "-euc"]
        done = Job(["sh", "-eu"], script, work, **{"AZURE_TENANT_ID": HOME_TENANT, "PARTS": "", **env})
        if name.startswith("gatewright-apply"):
            self.take(state)
        return done

    def parts(self, name, skip=(), **given):
        done = [self.pod(name, i, **given) for i in range(self.jobs[name]["completions"]) if i not in skip]
        return [pod.code for pod in done]

    def merge(self, what, run):
        return self.pod("gatewright-merge-run-what-run-name", **{"run-name": run, "run-what": what})


def table(text):
    found = re.findall(r"(?m)^(\w+) +(applied|no changes|changes|no drift|drift|error|stale)  ", text)
    return dict(found)


def kubernetes_plans_and_applies_as_one_process_does():
    world = Kubernetes()
    assert set(world.parts("gatewright-plan-run-name", **{"run-name": "one"})) == {0}
    merged = world.merge("plan", "one").ends(0)
    whole = world.run("plan", "-t", "all", "--format", "html").stdout
    assert (world.results / "one/plan.html").read_text() == whole and "3 with changes" in whole
    assert table(merged.stdout) == dict.fromkeys(NAMES, "changes"), merged.stdout
    digest = re.search(r"(?m)^Digest of the plans: ([0-9a-f]{64})$", merged.stdout)[1]
    given = {"run-name": "one", "run-digest": digest}
    assert set(world.parts("gatewright-apply-run-name", **{**given, "run-digest": "0" * 64})) == {1}
    assert not list(world.results.glob("one/apply-*/.gatewright/runs/*")), "another digest writes nothing"
    assert set(world.parts("gatewright-apply-run-name", **given)) == {0}
    assert table(world.merge("apply", "one").ends(0).stdout) == dict.fromkeys(NAMES, "applied")
    journals = list(world.results.glob("one/apply-*/.gatewright/runs/*.jsonl"))
    assert len(journals) == 3, "the journals are on the volume"
    # The plans are used up, and a tenant that moved is told; its part writes nothing.
    codes = world.parts("gatewright-apply-run-name", **given)
    assert 4 in codes and table(world.merge("apply", "one").ends(4).stdout)["contoso"] == "stale"


def kubernetes_tells_what_is_missing():
    world = Kubernetes(away=["tailspin"])
    codes = world.parts("gatewright-plan-run-name", **{"run-name": "one"})
    assert sorted(codes)[-1] == 1 and codes.count(1) == 1, codes
    merged = world.merge("plan", "one").ends(1)
    assert table(merged.stdout) == {"contoso": "changes", "fabrikam": "changes", "tailspin": "error"}
    assert HOME_TENANT not in merged.stdout, "the tenant of the application does not count"
    assert "Digest of the plans" not in merged.stdout, "there is nothing to apply"
    world = Kubernetes()
    world.parts("gatewright-plan-run-name", **{"run-name": "two"})
    lost = half(world.results / "two/plan")
    merged = world.merge("plan", "two").ends(1)
    assert table(merged.stdout)[lost] == "error" and "there is no result of this tenant" in merged.stdout
    for file in (world.results / "two/plan").iterdir():
        file.unlink()
    world.merge("plan", "two").ends(1)


def kubernetes_tells_of_drift():
    world = Kubernetes()
    assert world.run("apply", "-t", "all", "--yes", takes=True).returncode == 0
    assert set(world.parts("gatewright-drift")) == {0}
    assert table(world.pod("gatewright-drift-merge").ends(0).stdout) == dict.fromkeys(NAMES, "no drift")
    world.moves("fabrikam")
    assert sorted(world.parts("gatewright-drift"))[-1] == 2
    merged = world.pod("gatewright-drift-merge").ends(2)
    assert table(merged.stdout)["fabrikam"] == "drift", merged.stdout
    # Those of a month ago are removed, today's and the runs are kept.
    old, run = world.results / "drift-2020-01-01", world.results / "run"
    for folder in (old, run):
        folder.mkdir()
        os.utime(folder, (0, 0))
    world.pod("gatewright-drift-merge")
    assert not old.exists() and run.exists() and list(world.results.glob("drift-*.html"))


def kubernetes_pods_have_no_privilege():
    seen = 0
    for name, job in pods():
        seen += 1
        pod = job["template"]["spec"]
        (container,) = pod["containers"]
        security = pod["securityContext"]
        assert security["runAsNonRoot"] and security["seccompProfile"] == {"type": "RuntimeDefault"}, name
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]},
        }, name
        assert pod["restartPolicy"] == "Never" and pod["automountServiceAccountToken"] is False
        assert re.fullmatch(r"[^:]+:[0-9a-f]{40}", container["image"]), "a commit, not a tag that moves"
        labels = job["template"].get("metadata", {}).get("labels", {})
        signs_in = labels.get("azure.workload.identity/use") == "true"
        assert signs_in == (pod["serviceAccountName"] != "gatewright-merge"), name
        env = {e["name"]: e["value"] for e in container.get("env", [])}
        if job.get("completionMode") == "Indexed":
            assert job["completions"] == int(env["PARTS"]) >= job["parallelism"], name
            assert job["backoffLimitPerIndex"] == (0 if "apply" in name else 1), "an apply is never run again"
        else:
            assert job["backoffLimit"] == 0, name
    assert seen == 5


def kubernetes_is_started_as_the_page_says():
    """The commands of the page make manifests in which nothing is left to fill in."""
    text = (EXAMPLES / "kubernetes/README.md").read_text()
    commands = re.findall(r"(?m)^sed .* jobs/(\w+)\.yaml \| kubectl apply -f -$", text)
    assert commands == ["plan", "merge", "apply", "merge"], commands
    names = []
    for command in re.findall(r"(?m)^(sed .*) \| kubectl apply -f -$", text):
        env = environment(run="20261127-080000", digest="d" * 64)
        done = subprocess.run(["sh", "-euc", command], cwd=EXAMPLES / "kubernetes", env=env, check=True, capture_output=True, text=True)
        (job,) = ruamel.yaml.YAML(typ="safe").load_all(done.stdout)
        assert "run-" not in json.dumps(job), command
        names.append(job["metadata"]["name"])
    waited = re.findall(r'(?m)^ended "(.*)"$', text)
    assert [name.replace("$run", "20261127-080000") for name in waited] == names, (waited, names)
    # The ConfigMaps that are made are those that are mounted, and their folders are copied.
    made = set(re.findall(r"create configmap (\S+) ", text))
    accounts = {d["metadata"]["name"] for d in load(EXAMPLES / "kubernetes/cluster/service-accounts.yaml")}
    for name, job in pods():
        pod = job["template"]["spec"]
        assert {v["configMap"]["name"] for v in pod["volumes"] if "configMap" in v} == made, name
        assert pod["serviceAccountName"] in accounts, name
        for mount in pod["containers"][0]["volumeMounts"]:
            path = mount["mountPath"]
            assert not path.startswith("/config") or f"cp -L {path}/*" in pod["containers"][0]["args"][0], (name, path)


def examples_say_what_setup_prints():
    for example in ("github-matrix", "azure-matrix"):
        text = (EXAMPLES / example / "README.md").read_text()
        assert "replace `AzureADMyOrg` by `AzureADMultipleOrgs`" in text
        (command,) = re.findall(r"(?m)^ *(gatewright auth setup .*) >setup.sh$", text)
        for shell in ("", " --shell powershell"):
            line = command + shell
            done = subprocess.run(["sh", "-euc", line], cwd=EXAMPLES / example, env=environment(), check=True, capture_output=True, text=True)
            assert done.stdout.count("AzureADMyOrg") == 2, line


HELPERS = {github_pull_request, github_nothing, github_review, github_apply, github_drift}
KINDS = ("github", "azure", "kubernetes", "examples")
STORIES = [
    story
    for name, story in list(globals().items())
    if name.split("_")[0] in KINDS and story not in HELPERS and any(w in name for w in sys.argv[3:] or [""])
]
with tempfile.TemporaryDirectory() as folder:
    WORK = pathlib.Path(folder)
    PROGRAMS = WORK / "programs"
    PROGRAMS.mkdir()
    (PROGRAMS / "gatewright").symlink_to(GATEWRIGHT)
    (PROGRAMS / "gh").write_text(GH)
    (PROGRAMS / "gh").chmod(0o755)
    # They wait for tenants more than they compute.
    with concurrent.futures.ThreadPoolExecutor(max_workers=8) as pool:
        ends = [(story, pool.submit(story)) for story in STORIES]
        for story, end in ends:
            end.result()
            print(f"ok -- {story.__name__.replace('_', ' ')}", flush=True)
