"""README.md of the chart: a table of its values, with defaults from values.yaml and descriptions from values.schema.json."""

import json

import yaml

from rendering import CHART

HEAD = """\
<!-- Made by hack/chart from values.yaml and values.schema.json. -->
# The chart lockkeeper

Installs the operator of [Lockkeeper](../../README.md), which runs PostgreSQL schema migrations exactly once.

```sh
helm install lockkeeper charts/lockkeeper --namespace lockkeeper-system --create-namespace \\
  --set image.repository=registry.example/lockkeeper
helm test lockkeeper --namespace lockkeeper-system
```

`hack/image` builds the image; push it to a registry that the cluster can reach.

- Two replicas elect a leader. The other one stands by and takes over when the leader ends, or `leaderElection.leaseDurationSeconds` after it was
  lost; runs that are cancelled by that are taken up again.
- All namespaces are watched, or only `watchNamespaces`, for which the controller has no right beyond a Role in each of them.
- Secrets are read by name, never listed or watched.
- The pods meet Pod Security *restricted*.
- Uninstalling leaves the CRD with every Migration, unless `crds.keep` is `false`, and the databases in any case.

## Values

| value | meaning | default |
|---|---|---|
"""


def leaves(schema, path=()):
    """(path, schema) of every value; an object with named properties is not one itself."""
    for name, each in schema["properties"].items():
        if "properties" in each:
            yield from leaves(each, (*path, name))
        else:
            yield (*path, name), each


def value_at(values, path):
    for name in path:
        values = values[name]
    return values


def schema():
    return json.loads((CHART / "values.schema.json").read_text())


def values():
    return yaml.safe_load((CHART / "values.yaml").read_text())


def readme():
    lines = []
    for path, each in leaves(schema()):
        if path == ("global",):
            continue
        default = json.dumps(value_at(values(), path), separators=(", ", ": "))
        meaning = each["description"] + (": " + ", ".join(f"`{word}`" for word in each["enum"]) if "enum" in each else "")
        lines.append(f"| `{'.'.join(path)}` | {meaning} | `{default}` |\n")
    return HEAD + "".join(lines)
