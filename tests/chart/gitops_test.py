"""The Lua that Argo CD gets, run over Migrations in every state, beside what kstatus makes of the same; and the examples."""

import copy
import json
import re
import unittest

import yaml

import rendering
from rendering import ROOT, run

GITOPS = ROOT / "manifests/gitops"
KEY = "resource.customizations.{}.lockkeeper.dev_Migration"

# Argo CD gives a script the global `obj` and takes the table that it returns.
HARNESS = """\
local function json(value)
  if type(value) == "table" then
    local parts = {}
    if #value > 0 then
      for _, each in ipairs(value) do parts[#parts + 1] = json(each) end
      return "[" .. table.concat(parts, ",") .. "]"
    end
    for key, each in pairs(value) do parts[#parts + 1] = string.format("%%q:%%s", key, json(each)) end
    return "{" .. table.concat(parts, ",") .. "}"
  end
  return type(value) == "string" and string.format("%%q", value) or tostring(value)
end
obj = %s
print(json((function()
%s
end)()))
"""


def lua_value(value):
    if isinstance(value, dict):
        return "{" + ", ".join(f"[{json.dumps(key)}] = {lua_value(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "{" + ", ".join(map(lua_value, value)) + "}"
    return json.dumps(value)


def run_lua(script, migration):
    return json.loads(run("lua5.4", "-", stdin=HARNESS % (lua_value(migration), script)))


def argo_cm():
    return yaml.safe_load((GITOPS / "argocd/argocd-cm.yaml").read_text())["data"]


def health(migration):
    return run_lua(argo_cm()[KEY.format("health")], migration)


def kstatus(migration):
    """https://github.com/kubernetes-sigs/cli-utils/blob/master/pkg/kstatus/README.md, for kinds that it does not know."""
    metadata, status = migration["metadata"], migration.get("status", {})
    if "deletionTimestamp" in metadata:
        return "Terminating"
    if "observedGeneration" in status and status["observedGeneration"] != metadata["generation"]:
        return "InProgress"
    conditions = {each["type"]: each["status"] for each in status.get("conditions", [])}
    if conditions.get("Reconciling") == "True":
        return "InProgress"
    if conditions.get("Stalled") == "True":
        return "Failed"
    return "Current" if conditions.get("Ready", "True") == "True" else "InProgress"


def states():
    return yaml.safe_load((ROOT / "tests/chart/states.yaml").read_text())


def state(name):
    return next(each for each in states() if each["state"] == name)


def documented_reasons():
    """(reason, name of its state) of each reason that docs/api.md says something of."""
    text = (ROOT / "docs/api.md").read_text().split("### What each reason asks of you")[1].split("`SourceDigestMismatch` is")[0]
    passing, stalled = text.split("These are `Stalled`")
    for part, name in ((passing, "passes by itself"), (stalled, "a person must act")):
        for cell in re.findall(r"^\| (`\w+`(?:, `\w+`)*) \|", part, flags=re.MULTILINE):
            for reason in re.findall(r"\w+", cell):
                if reason not in ("UpToDate", "Progressing"):
                    yield reason, name


class Health(unittest.TestCase):
    def test_argo_cd_and_kstatus_tell_the_states_apart(self):
        for each in states():
            with self.subTest(each["state"]):
                self.assertEqual(each["argo"], health(each["object"])["status"])
                self.assertEqual(each["kstatus"], kstatus(each["object"]))

    def test_every_documented_reason_is_told_to_pass_or_to_need_a_person(self):
        reasons = list(documented_reasons())
        self.assertGreater(len(reasons), 25)
        for reason, name in reasons:
            with self.subTest(reason):
                expected = state(name)
                migration = copy.deepcopy(expected["object"])
                for condition in migration["status"]["conditions"]:
                    condition["reason"] = reason
                self.assertEqual(expected["argo"], health(migration)["status"])
                self.assertEqual(expected["kstatus"], kstatus(migration))

    def test_a_migration_without_a_status_is_progressing(self):
        migration = copy.deepcopy(state("new")["object"])
        del migration["status"]
        self.assertEqual("Progressing", health(migration)["status"])

    def test_the_message_is_that_of_the_condition(self):
        for name in ("passes by itself", "a person must act", "up to date", "suspended with something pending"):
            migration = state(name)["object"]
            self.assertEqual(migration["status"]["conditions"][0]["message"], health(migration)["message"])


class Actions(unittest.TestCase):
    def setUp(self):
        self.actions = yaml.safe_load(argo_cm()[KEY.format("actions")])

    def offered(self, migration):
        return {name for name, each in run_lua(self.actions["discovery.lua"], migration).items() if not each["disabled"]}

    def test_what_is_offered_is_what_would_change_something(self):
        self.assertEqual({"suspend"}, self.offered(state("up to date")["object"]))
        self.assertEqual({"resume"}, self.offered(state("suspended with something pending")["object"]))

    def test_every_action_changes_suspend_alone(self):
        definitions = {each["name"]: each["action.lua"] for each in self.actions["definitions"]}
        self.assertEqual({"suspend", "resume"}, set(definitions))
        for name, before in (("suspend", state("up to date")), ("resume", state("suspended with something pending"))):
            expected = copy.deepcopy(before["object"])
            expected["spec"]["suspend"] = name == "suspend"
            # As text, in which 1 is not true.
            actual = run_lua(definitions[name], before["object"])
            self.assertEqual(json.dumps(expected, sort_keys=True), json.dumps(actual, sort_keys=True))


class Examples(unittest.TestCase):
    def documents(self):
        return [each for path in GITOPS.rglob("*.yaml") if path.name != "argocd-cm.yaml" for each in rendering.objects(path.read_text())]

    def test_what_they_refer_to_is_there(self):
        named = {(each["kind"], each["metadata"]["name"]) for each in self.documents()}
        for each in self.documents():
            spec = each["spec"]
            for dependency in spec.get("dependsOn", []):
                self.assertIn((each["kind"], dependency["name"]), named)
            source = spec.get("sourceRef") or spec.get("chart", {}).get("spec", {}).get("sourceRef")
            if source:
                self.assertIn((source["kind"], source["name"]), named)

    def test_flux_waits_for_the_migration_by_its_kind(self):
        crd = yaml.safe_load((ROOT / "crds/lockkeeper.dev_migrations.yaml").read_text())["spec"]
        checks = [check for each in self.documents() for check in each["spec"].get("healthChecks", [])]
        self.assertEqual([f"{crd['group']}/{crd['versions'][0]['name']}"], [check["apiVersion"] for check in checks])
        self.assertEqual([crd["names"]["kind"]], [check["kind"] for check in checks])

    def test_the_values_of_the_release_are_values_of_the_chart(self):
        release = rendering.find(self.documents(), "HelmRelease")
        values = json.dumps(release["spec"]["values"])
        run(rendering.helm(), "template", "lockkeeper", ROOT / release["spec"]["chart"]["spec"]["chart"], "--values", "-", stdin=values)


if __name__ == "__main__":
    rendering.skip_without("LOCKKEEPER_TEST_HELM")
    unittest.main()
