"""A notebook that papermill has run stores static panels, and no facts that would look live."""

from __future__ import annotations

import pathlib

import nbformat
import papermill

from seqwidget.widgets.views import WIDGET_VIEW

from .notebooks import write


def test_a_run_notebook_has_the_static_panels_of_the_given_parameters(tmp_path: pathlib.Path) -> None:
    write(tmp_path, "light")
    notebook = nbformat.read(tmp_path / "net.ipynb", 4)
    parameters = nbformat.v4.new_code_cell("count = 1", metadata={"tags": ["parameters"]})
    adds = nbformat.v4.new_code_cell("for _ in range(count):\n    ACTS['Add a layer']()\nseqwidget.Summary(model)")
    notebook.cells = [parameters, *notebook.cells, adds]
    nbformat.write(notebook, tmp_path / "net.ipynb")
    ran = papermill.execute_notebook(
        tmp_path / "net.ipynb",
        tmp_path / "ran.ipynb",
        {"count": 3},
        cwd=tmp_path,
        progress_bar=False,
        kernel_name="python3",
        language="python",
    )
    assert nbformat.read(tmp_path / "ran.ipynb", 4).metadata.papermill.exception is None
    pages = [output["data"]["text/html"] for output in ran.cells[-1].outputs if "text/html" in output.get("data", {})]
    static = [page for page in pages if "sw-static" in page]
    assert len(static) == 1
    assert all(f"conv{number}" in static[0] for number in (1, 2, 3))
    outputs = [output for cell in ran.cells for output in cell.outputs]
    views = [output["data"][WIDGET_VIEW] for output in outputs if WIDGET_VIEW in output.get("data", {})]
    stored = ran.metadata.widgets["application/vnd.jupyter.widget-state+json"]["state"]
    ours = [one["state"] for one in stored.values() if "component" in one["state"]]
    assert sorted(one["component"] for one in ours) == ["feature_maps", "summary", "trainable"]  # a model has one summary
    assert {view["model_id"] for view in views} <= stored.keys()
    assert len(views) == 5, "the buttons, and four panels, two of which are the summary"
    assert not any({"stack", "points"} & one.keys() for one in ours), "no facts"
