"""The guide in a browser: formulas render and fit, contents in sight and in the address; a report opens offline."""

from __future__ import annotations

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect

from goracs_core.cli import main
from goracs_core.glossary import GROUPS
from goracs_core.workspace import ENVIRONMENT_VARIABLE
from pages._ui.routes import GUIDE
from tests.browser.conftest import person
from tests.browser.test_looks import violations
from tests.browser.visit import MOMENT_MS, Visit, address

# Formulas that reach beyond the place that they are drawn in.
TOO_WIDE = """() => {
  const right = node => node.getBoundingClientRect().right;
  const wide = one => [...one.querySelectorAll(".katex-html > .base")].some(part => right(part) > right(one) + 1);
  return [...document.querySelectorAll(".katex-display")].filter(wide).map(one => one.textContent.slice(0, 60));
}"""


@pytest.mark.parametrize("group", GROUPS)
def test_formulas_render_and_fit(group: str, visit: Visit) -> None:
    visit.open(address(GUIDE, dataset="demo", group=group))
    terms = GROUPS[group]
    expect(visit.page.locator("[data-testid='stMetricValue']")).to_have_count(len(terms))
    expect(visit.page.locator(".katex-display")).to_have_count(sum(bool(one.formula) for one in terms))
    expect(visit.page.locator(".katex-error")).to_have_count(0)
    assert visit.page.evaluate(TOO_WIDE) == []
    anchor = terms[-1].key.replace("_", "-")
    visit.page.locator(f"p > a[href='#{anchor}']").click()
    expect(visit.page.locator(f"[id='{anchor}']")).to_be_in_viewport()


def test_contents_are_in_sight_and_in_the_address(visit: Visit) -> None:
    visit.page.set_viewport_size({"width": 1280, "height": 800})
    visit.open(address(GUIDE, dataset="demo"))
    contents = visit.page.get_by_role("radiogroup", name="Contents")
    expect(contents.get_by_text("CSV to fine-tuning")).to_be_in_viewport()
    contents.get_by_text("Failure signatures").click()
    expect(visit.page.get_by_role("heading", name="Failure signatures")).to_be_visible()
    visit.settled()
    link = visit.page.url
    visit.page.goto(link)
    expect(visit.page.get_by_role("heading", name="Failure signatures")).to_be_visible()
    assert visit.page.locator(".katex-error").count() == 0
    for topic in contents.get_by_role("radio").all():
        topic.check(force=True)
        visit.settled()
        assert violations(visit) == []


def test_colored_code_can_be_read(tab: Visit) -> None:
    tab.open(address(GUIDE, dataset="demo"))
    tab.page.get_by_role("radiogroup", name="Contents").get_by_text("CSV to fine-tuning").click()
    for kind in ("parameter", "number", "string", "keyword"):  # colors come a little after the text
        expect(tab.page.locator(f".token.{kind}").first).to_be_attached()
    tab.settled()
    assert violations(tab) == []


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of a run whose name is markup."""
    folder = tmp_path_factory.mktemp("report")
    words = ["--dataset", "demo", "--budget", "32", "--method", "random", "--name", "</script><b>x</b>"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(ENVIRONMENT_VARIABLE, str(folder / "workspace"))
        assert main(["select", *words, "--output", str(folder / "coreset")]) == 0
        assert main(["report", str(folder / "coreset"), "--output", str(folder / "report.html")]) == 0
    return folder / "report.html"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_report_opens_offline_and_asks_nobody(scheme: str, chromium: Browser, report: Path) -> None:
    faults: list[str] = []
    asked: list[str] = []
    with person(chromium, offline=True, color_scheme=scheme) as somebody:
        page = somebody.new_page()
        page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(report.as_uri())
        figures = page.locator("figure")
        assert figures.count() >= 3
        expect(page.locator(".js-plotly-plot")).to_have_count(figures.count())
        expect(page.locator("h1")).to_contain_text("</script><b>x</b>")
        ink = page.evaluate("getComputedStyle(document.body).color")
        expect(page.locator("figure .xtick text").first).to_have_css("fill", ink)  # figures follow the theme
        page.wait_for_timeout(MOMENT_MS)
        found = Axe().run(page).response["violations"]
        assert [(fault["id"], node["html"][:120]) for fault in found for node in fault["nodes"]] == []
    assert faults == []
    assert [one for one in asked if not one.startswith(("file:", "blob:", "data:"))] == []
