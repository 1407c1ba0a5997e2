"""Writes README.md of the chart and the goldens; hack/chart runs it."""

from readme import readme
from rendering import CHART, HERE, VALUE_SETS, template, without_crd_spec

(CHART / "README.md").write_text(readme())
for value_set in VALUE_SETS:
    (HERE / f"golden/{value_set}.yaml").write_text(without_crd_spec(template(value_set)))
