"""Learn / Playground in a real browser: everything happens on the page, and the address keeps it."""

from __future__ import annotations

import math
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Locator, expect

from pages._ui.routes import PLAYGROUND
from tests.browser.conftest import person
from tests.browser.server import Server
from tests.browser.test_looks import violations
from tests.browser.visit import Visit, address

SETTLED = ".play-root[data-busy='false']"
TERMS = ("transport", "gradient", "poo", "bound")
# Time enough for the address to follow, and for a request to the server to show.
MOMENT_MS = 600


def root(visit: Visit) -> Locator:
    """The element, once it has computed everything."""
    found = visit.page.locator(SETTLED)
    expect(found).to_be_attached()
    return found


def numbers(visit: Visit, column: int = 2) -> dict[str, float]:
    """The table's values: of the set chosen by hand (1), of the solver (2), of random points (3); NaN where none is."""
    table = root(visit).locator(".play-table")
    cells = {term: table.locator(f".play-{term} td:nth-of-type({column})").text_content() or "" for term in TERMS}
    texts = {term: text.replace("−", "-") for term, text in cells.items()}
    return {term: float(text) if re.fullmatch(r"-?\d+\.\d+", text) else math.nan for term, text in texts.items()}


def query(visit: Visit) -> dict[str, str]:
    """The address's settings."""
    visit.page.wait_for_timeout(MOMENT_MS)
    return {name: values[0] for name, values in parse_qs(urlsplit(visit.page.url).query).items()}


def lambda_slider(visit: Visit) -> Locator:
    return visit.page.get_by_role("slider", name="λ")


def place(visit: Visit, role: str, index: int) -> tuple[float, float]:
    """Where a point is on the screen."""
    script = """([role, index]) => {
        const {goracsPlayground: app} = document.querySelector(".play-root").parentElement;
        const box = app.ui.canvas.getBoundingClientRect();
        const [x, y] = app.viewport.place(app.points[role][index]);
        return [box.left + x, box.top + y];
    }"""
    x, y = visit.page.evaluate(script, [role, index])
    return x, y


def inside(visit: Visit, expression: str) -> Any:
    """A value of the element's own."""
    script = "() => { const {goracsPlayground: app} = document.querySelector('.play-root').parentElement; return "
    return visit.page.evaluate(script + expression + "; }")


@pytest.fixture
def asked(visit: Visit) -> list[str]:
    """What is sent to the server over the open connection."""
    sent: list[str] = []
    visit.page.on("websocket", lambda socket: socket.on("framesent", lambda _: sent.append("frame")))
    visit.page.on("request", lambda request: sent.append(request.url))
    return sent


def test_lambda_and_budget_move_numbers_without_the_server(visit: Visit, asked: list[str]) -> None:
    visit.open(address(PLAYGROUND, dataset="demo", points="outliers", **{"lambda": "0"}))
    before = numbers(visit)
    visit.page.wait_for_timeout(MOMENT_MS)
    asked.clear()
    lambda_slider(visit).fill("110")
    after = numbers(visit)
    assert after["gradient"] > before["gradient"]
    assert after["transport"] > before["transport"]
    assert after["bound"] <= after["poo"] < before["poo"]
    settings = query(visit)
    weight = float(settings["lambda"])
    assert weight > 1
    assert after["poo"] == pytest.approx(after["transport"] - weight * after["gradient"], abs=1e-4 * (1 + weight))
    visit.page.get_by_role("slider", name="Budget k").fill("20")
    assert query(visit)["k"] == "20"
    assert len(inside(visit, "app.engine.answer.solution.rows")) == 20
    assert float(root(visit).get_attribute("data-latency") or "nan") > 0
    assert asked == []
    assert numbers(visit, 3)["poo"] > numbers(visit)["poo"]


def test_first_screen_shows_canvas_controls_and_numbers(visit: Visit) -> None:
    visit.page.set_viewport_size({"width": 1280, "height": 800})
    visit.open(address(PLAYGROUND, dataset="demo"))
    for name in (".play-canvas", ".play-controls button", ".play-table", ".play-curve", ".play-caption"):
        box = root(visit).locator(name).last.bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= 800
        if name == ".play-canvas":
            assert box["height"] > 350


def test_steps_are_told_one_by_one(visit: Visit) -> None:
    visit.open(address(PLAYGROUND, points="clusters", k="5"))
    root(visit)
    visit.page.get_by_role("radio", name="Step by step").check(force=True)
    steps = inside(visit, "app.engine.answer.solution.steps.map(step => [step.kind, step.rows.length])")
    kinds = [kind for kind, _ in steps]
    assert kinds[:5] == ["greedy"] * 5
    assert {"start", "prices"} <= set(kinds)
    canvas = root(visit).locator(".play-canvas")
    canvas.focus()
    captions = []
    for number, (_, rows) in enumerate(steps, 1):
        caption = root(visit).locator(".play-caption")
        expect(caption).to_contain_text(f"{number} of {len(steps)}.")
        captions.append(caption.text_content())
        assert inside(visit, "app.engine.answer.solution.steps[app.step].rows.length") == rows
        visit.page.keyboard.press("Space")
    assert len(set(captions)) == len(steps)
    visit.page.get_by_text("Steps as a table").click()
    expect(root(visit).locator(".play-data tbody tr")).to_have_count(len(steps))
    assert query(visit)["step"] == str(len(steps) - 1)
    expect(visit.page.get_by_role("button", name="Next step")).to_be_disabled()
    visit.page.get_by_role("button", name="Back").click()
    assert query(visit)["step"] == str(len(steps) - 2)


def test_points_are_chosen_by_hand_and_compared(visit: Visit) -> None:
    visit.open(address(PLAYGROUND, points="outliers", k="3", mode="hand"))
    root(visit)
    expect(root(visit).locator(".play-table thead th")).to_have_text(["yours", "solver", "random"])
    assert math.isnan(numbers(visit, 1)["poo"])
    for row in (0, 50, 100):
        visit.page.mouse.click(*place(visit, "pool", row))
    assert len(query(visit)["hand"].split(".")) == 3
    mine, best = numbers(visit, 1), numbers(visit)
    assert mine["poo"] >= best["bound"]
    visit.page.get_by_role("button", name="Start from the solver's set").click()
    assert numbers(visit, 1)["poo"] == numbers(visit)["poo"]
    visit.page.mouse.click(*place(visit, "pool", inside(visit, "app.settings.hand[0]")))
    assert len(query(visit)["hand"].split(".")) == 2
    visit.page.get_by_role("button", name="Clear").click()
    assert "hand" not in query(visit)


def test_guess_first_then_see(visit: Visit) -> None:
    visit.open(address(PLAYGROUND, points="outliers", mode="guess"))
    root(visit)
    assert math.isnan(numbers(visit)["poo"]), "the answer is not given away"
    row = inside(visit, "app.question.rows.length && app.engine.answer.solution.steps[app.question.rows.length].row")
    visit.page.mouse.click(*place(visit, "pool", row))
    assert inside(visit, "app.answered.right") is True
    assert inside(visit, "app.score") == {"right": 1, "of": 1}
    visit.page.get_by_role("button", name="Next question").click()
    visit.page.get_by_role("button", name="Rises").click()
    assert inside(visit, "typeof app.answered.right") == "boolean"
    assert numbers(visit)["transport"] > 0
    assert float(query(visit)["lambda"]) > 0.05


def test_points_are_moved_added_deleted_and_kept_in_the_address(visit: Visit) -> None:
    visit.open(address(PLAYGROUND, points="clusters", dataset="demo"))
    root(visit)
    x, y = place(visit, "validation", 0)
    visit.page.mouse.move(x, y)
    visit.page.mouse.down()
    visit.page.mouse.move(x + 30, y - 60, steps=4)
    visit.page.mouse.up()
    moved = place(visit, "validation", 0)
    assert moved == pytest.approx((x + 30, y - 60), abs=2)
    sizes = inside(visit, "[app.points.pool.length, app.points.validation.length]")
    box = root(visit).locator(".play-canvas").bounding_box()
    assert box is not None
    corner = (box["x"] + 15, box["y"] + 15)
    for tool, size in (("Add pool", [1, 0]), ("Add valid.", [1, 1]), ("Delete", [1, 0])):
        visit.page.get_by_role("radio", name=tool).check(force=True)
        visit.page.mouse.click(*(corner if tool == "Add pool" else (corner[0], corner[1] + 40)))
        now = inside(visit, "[app.points.pool.length, app.points.validation.length]")
        assert [now[0] - sizes[0], now[1] - sizes[1]] == size
    shown = numbers(visit)
    settings = query(visit)
    assert {"xy", "points", "lambda", "k"} <= set(settings)
    assert settings["dataset"] == "demo"
    points = inside(visit, "JSON.stringify(app.points)")
    visit.page.reload()
    visit.settled()
    assert numbers(visit) == shown
    assert inside(visit, "JSON.stringify(app.points)") == points
    visit.page.get_by_role("button", name="Reset").click()
    assert "xy" not in query(visit)
    assert inside(visit, "[app.points.pool.length, app.points.validation.length]") == sizes


def test_norms_are_set_and_points_drawn_by_dragging(visit: Visit) -> None:
    visit.open(address(PLAYGROUND, points="outliers"))
    root(visit)
    norm = inside(visit, "app.points.pool[0].g")
    visit.page.get_by_role("radio", name="Set norm").check(force=True)
    x, y = place(visit, "pool", 0)
    visit.page.mouse.move(x, y)
    visit.page.mouse.down()
    visit.page.mouse.move(x, y - 40, steps=5)
    visit.page.mouse.up()
    assert inside(visit, "app.points.pool[0].g") > norm
    visit.page.get_by_role("radio", name="Add pool").check(force=True)
    box = root(visit).locator(".play-canvas").bounding_box()
    assert box is not None
    count = inside(visit, "app.points.pool.length")
    visit.page.mouse.move(box["x"] + 12, box["y"] + 12)
    visit.page.mouse.down()
    visit.page.mouse.move(box["x"] + 12, box["y"] + 120, steps=30)
    visit.page.mouse.up()
    assert inside(visit, "app.points.pool.length") >= count + 4
    expect(visit.page.locator(SETTLED)).to_be_attached()


def test_the_keyboard_is_enough(visit: Visit) -> None:
    visit.open(address(PLAYGROUND, points="outliers", k="4"))
    root(visit).locator(".play-canvas").focus()
    before = query(visit)
    visit.page.keyboard.press("ArrowRight")
    visit.page.keyboard.press("ArrowUp")
    after = query(visit)
    assert float(after["lambda"]) > float(before["lambda"])
    assert int(after["k"]) == 5
    visit.page.keyboard.press("]")
    visit.page.keyboard.press("Shift+ArrowDown")
    assert inside(visit, "app.settings.drawn !== null")
    visit.page.keyboard.press("Delete")
    assert inside(visit, "app.points.pool.length") == 179
    visit.page.get_by_role("radio", name="By hand").check(force=True)
    root(visit).locator(".play-canvas").focus()
    visit.page.keyboard.press("]")
    visit.page.keyboard.press("Enter")
    assert inside(visit, "app.settings.hand") == [0]


def test_points_of_the_open_dataset(visit: Visit) -> None:
    visit.open(address(PLAYGROUND, dataset="demo"))
    root(visit)
    visit.page.get_by_role("combobox", name="Points").select_option("own")
    visit.settled()
    expect(root(visit).locator(".play-note")).to_contain_text("300 of 3,000")
    assert inside(visit, "[app.points.pool.length, app.points.validation.length]") == [300, 80]
    shown = numbers(visit)
    assert shown["bound"] <= shown["poo"]
    visit.page.reload()
    visit.settled()
    expect(root(visit).locator(".play-note")).to_contain_text("300 of 3,000")
    assert numbers(visit) == shown


def test_a_question_sets_the_playground_up(visit: Visit) -> None:
    visit.open(address(PLAYGROUND, dataset="demo"))
    root(visit)
    visit.page.get_by_role("link", name="Set it up").nth(2).click()
    settings = query(visit)
    assert (settings["points"], settings["k"], settings["dataset"]) == ("tail", "4", "demo")
    assert len(inside(visit, "app.engine.answer.solution.rows")) == 4


def test_embedded_it_is_the_canvas_alone(visit: Visit) -> None:
    visit.open(address(PLAYGROUND, embed="true", points="clusters", k="6"))
    element = root(visit)
    expect(element.locator(".play-overlay")).to_contain_text("k 6")
    for name in (".play-controls", ".play-table", ".play-top"):
        expect(element.locator(name)).to_be_hidden()
    expect(visit.page.get_by_test_id("stTopNavLink")).to_have_count(0)
    box = element.locator(".play-canvas").bounding_box()
    assert box is not None
    assert box["height"] > 0.8 * (visit.page.viewport_size or {"height": 0})["height"]
    assert "embed" in visit.page.url
    element.locator(".play-canvas").focus()
    visit.page.keyboard.press("Space")
    expect(element.locator(".play-caption")).to_contain_text("1 of")


@pytest.mark.parametrize("mode", ["step", "hand", "guess"])
def test_each_mode_can_be_read_by_all(mode: str, tab: Visit) -> None:
    tab.open(address(PLAYGROUND, dataset="demo", mode=mode, points="tail"))
    root(tab)
    assert violations(tab) == []


def test_it_fits_a_phone(chromium: Browser, server: Server) -> None:
    with person(chromium, viewport={"width": 390, "height": 844}, has_touch=True) as somebody:
        visit = Visit(somebody, server)
        visit.open(address(PLAYGROUND, mode="hand", points="clusters"))
        root(visit)
        visit.page.touchscreen.tap(*place(visit, "pool", 7))
        assert inside(visit, "app.settings.hand.length") == 1
        assert visit.page.evaluate("document.querySelector('.play-root').scrollWidth") <= 390
        box = visit.page.locator(".play-canvas").bounding_box()
        assert box is not None
        assert box["x"] + box["width"] <= 390
        assert visit.faults() == []
