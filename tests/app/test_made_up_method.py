"""A method registered by a test alone has its form on the Run page."""

from __future__ import annotations

import pytest

from goracs_core.methods import config_from_dict
from goracs_core.workspace import Workspace
from pages._ui.routes import RUN
from tests.app.conftest import SMALL, Open, assert_no_fault, newest_job, shown
from tests.contract.test_made_up_method import EveryConfig, registered

__all__ = ["registered"]
pytestmark = pytest.mark.usefixtures("no_worker", "registered")


def test_its_option_is_a_widget_and_its_cost_is_told(open_page: Open, workspace: Workspace) -> None:
    app = open_page(RUN.script, dataset=SMALL)
    app.selectbox(key="method").set_value("every").run()
    assert_no_fault(app)
    assert "nothing but the order" in shown(app)
    assert any("a rough estimate from the sizes" in caption.value for caption in app.caption)
    app.number_input(key="distance").set_value(3).run()
    app.button(key="run").click().run()
    assert_no_fault(app)
    config = config_from_dict(newest_job(workspace).spec["config"])
    assert isinstance(config, EveryConfig)
    assert config.distance == 3
