"""The page in a real browser: Chromium without a window, driven by Playwright."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from xcore_tools.database import schema as data
from xcore_tools.database.schema import DatabaseSchema
from xcore_tools.discovery.results import Relationship
from xcore_tools.report.diagram import page as pages
from xcore_tools.report.diagram.details import Detail
from xcore_tools.report.diagram.geometry import arranged
from xcore_tools.report.diagram.selection import Place

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

HOSTILE = '</script><b onload="pwned=1">\'\\u003c'
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
)


def table(name: str, *referred: str) -> data.Table:
    keys = [
        data.ForeignKey(columns=(f"{other}_id",), table=other, referred=("id",))
        for other in referred
    ]
    columns = ["id", *(key.columns[0] for key in keys), "note"]
    return data.Table(
        name=name,
        columns=tuple(
            data.Column(name=each, type="Integer", nullable=each == "note") for each in columns
        ),
        primary_key=data.PrimaryKey(columns=("id",)),
        foreign_keys=tuple(keys),
    )


USER_ROLES = data.Table(
    name="user_roles",
    columns=tuple(
        data.Column(name=name, type="Integer", nullable=False) for name in ("user_id", "role_id")
    ),
    primary_key=data.PrimaryKey(columns=("user_id", "role_id")),
    foreign_keys=(
        data.ForeignKey(columns=("user_id",), table="users", referred=("id",), on_delete="CASCADE"),
        data.ForeignKey(columns=("role_id",), table="roles", referred=("id",)),
    ),
)
TABLES = (
    table("users"),
    table("roles", "roles"),
    USER_ROLES,
    table("orders", "users"),
    table("lone"),
    table(HOSTILE),
    table("__proto__"),
)
ORDERS = Detail(
    path="shop/models.py",
    line=12,
    origin="plugin:shop",
    metadata="Base",
    module="shop.models",
    models=("Order",),
    relationships=(Relationship(name="user", target="User"),),
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    program = next(filter(None, map(shutil.which, names)), None)
    if program is None:
        pytest.skip(f"no browser: none of {', '.join(names)} is on the PATH")
    with playwright.sync_playwright() as driver:
        found = driver.chromium.launch(executable_path=program, args=FLAGS)
        yield found
        found.close()


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    core = Detail(path="m.py", line=1, origin="core", metadata="Base", module="m")
    details: dict[Place, Detail] = {(None, each.name): core for each in TABLES}
    details[None, "orders"] = ORDERS
    path = tmp_path_factory.mktemp("page") / "page.html"
    schema = DatabaseSchema(engine="source", tables=TABLES)
    path.write_text(pages.render(arranged(schema), details, title="Shop <1>"), "utf-8")
    return path.as_uri()


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """The page, still open; afterwards: it asked for nothing else, and nobody complained."""
    asked: list[str] = []
    complaints: list[str] = []
    found = browser.new_page(viewport={"width": 1280, "height": 800}, reduced_motion="reduce")
    found.on("request", lambda request: asked.append(request.url))
    found.on("console", lambda message: complaints.append(message.text))
    found.on("pageerror", lambda error: complaints.append(str(error)))
    found.goto(address)
    yield found
    assert complaints == []
    assert {url.partition("#")[0] for url in asked} == {address}
    found.close()


def scale(page: Page) -> int:
    page.wait_for_timeout(60)
    return int(page.inner_text("#scale").removesuffix("%"))


def lit(page: Page) -> set[str]:
    """The tables that are as bright as ever."""
    script = """all => all.filter(e => getComputedStyle(e).opacity === "1")
        .map(e => e.querySelector(".title").firstChild.data)"""
    return {*page.eval_on_selector_all(".table", script)}


def transform(page: Page) -> str:
    page.wait_for_timeout(60)
    return str(page.eval_on_selector("#view", "e => e.style.transform"))


def test_names_are_texts(page: Page) -> None:
    assert page.title() == "Shop <1>"
    assert page.locator(".table").count() == len(TABLES)
    assert page.locator("b").count() == 0
    assert page.evaluate("window.pwned") is None
    for name in (HOSTILE, "__proto__"):
        page.fill("#search", name)
        page.press("#search", "Enter")
        assert page.inner_text("#panel h2") == name
        page.reload()  # the address alone says which
        assert page.inner_text("#panel h2") == name
    assert page.locator("b").count() == 0
    assert page.evaluate("window.pwned") is None


def test_search_with_the_keyboard(page: Page) -> None:
    page.keyboard.press("/")
    page.keyboard.type("ro")
    assert page.locator("#results li").all_inner_texts() == ["roles", "user_roles", "__proto__"]
    assert lit(page) == {"roles", "user_roles", "__proto__"}
    page.keyboard.press("ArrowDown")
    active = page.get_attribute("#search", "aria-activedescendant")
    assert page.inner_text(f"#{active}") == "user_roles"
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    assert page.inner_text("#panel h2") == "__proto__"
    assert page.url.endswith("#__proto__")
    page.fill("#search", "user_id")  # a column
    assert [each.split() for each in page.locator("#results li").all_inner_texts()] == [
        ["user_roles", "user_id"]
    ]
    page.fill("#search", "nowhere")
    assert page.inner_text("#results") == "Nothing is called so."
    page.keyboard.press("Escape")
    assert page.locator("#results li").count() == len(TABLES)


def test_neighbours_are_bright(page: Page) -> None:
    everything = lit(page)
    assert len(everything) == len(TABLES)
    page.hover("#t3 .card", position={"x": 5, "y": 10})
    assert lit(page) == {"orders", "users"}
    page.hover("#t4 .card", position={"x": 5, "y": 10})
    assert lit(page) == {"lone"}
    page.click("#t0 .card", position={"x": 5, "y": 10})
    page.mouse.move(700, 790)
    assert lit(page) == {"users", "orders", "user_roles", "roles"}  # roles are behind user_roles
    assert page.get_attribute("#t0", "aria-pressed") == "true"
    page.keyboard.press("Escape")
    assert lit(page) == everything
    assert page.locator("#panel").is_hidden()
    assert "#" not in page.url


def test_the_panel(page: Page) -> None:
    page.click("#results >> text=orders")
    text = page.inner_text("#panel")
    for words in (
        "shop/models.py:12",
        "class Order",
        "plugin:shop",
        "users_id → id",
        "many to one",
        "user → User",
        "may be null",
    ):
        assert words in text
    assert page.locator("#panel tr").count() == 3
    page.click("#panel a >> text=users")
    assert page.inner_text("#panel h2") == "users"
    text = page.inner_text("#panel")
    assert "on delete cascade" in text
    assert "through user_roles" in text
    page.click("#panel .close")
    assert page.locator("#panel").is_hidden()


def test_an_address_leads_to_a_table(page: Page, address: str) -> None:
    page.goto(f"{address}#orders")
    assert page.inner_text("#panel h2") == "orders"
    page.evaluate("location.hash = 'roles'")
    page.wait_for_function("document.querySelector('#panel h2').textContent === 'roles'")
    page.evaluate("location.hash = 'nowhere'")
    page.wait_for_function("document.querySelector('#panel').hidden")


def test_to_move_and_to_zoom(page: Page) -> None:
    begin, fitted = transform(page), scale(page)
    page.mouse.move(900, 700)
    page.mouse.down()
    page.mouse.move(960, 730, steps=3)
    page.mouse.up()
    assert transform(page) != begin
    assert page.locator("#panel").is_hidden()  # that was no click
    page.click("#fit")
    assert transform(page) == begin
    page.click("#in")
    assert scale(page) > fitted
    page.click("#out")
    page.keyboard.press("-")
    assert scale(page) < fitted
    page.keyboard.press("+")
    page.keyboard.press("0")
    assert transform(page) == begin
    spot = page.locator("#t4 .card").bounding_box()
    assert spot is not None
    page.mouse.move(spot["x"], spot["y"])
    page.mouse.wheel(0, -300)
    assert scale(page) > fitted
    after = page.locator("#t4 .card").bounding_box()
    assert after is not None
    assert abs(after["x"] - spot["x"]) < 2  # what the pointer is on stays there
    assert abs(after["y"] - spot["y"]) < 2


def test_two_fingers(page: Page) -> None:
    before = scale(page)
    session = page.context.new_cdp_session(page)

    def touch(kind: str, *apart: int) -> None:
        points: list[dict[str, Any]] = [
            {"x": 700 + side * each, "y": 400, "id": number}
            for each in apart
            for number, side in enumerate((-1, 1))
        ]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    touch("touchStart", 50)
    touch("touchMove", 60)
    touch("touchMove", 100)
    touch("touchEnd")
    assert scale(page) == pytest.approx(before * 2, rel=0.1)


def test_the_picture_with_the_keyboard(page: Page) -> None:
    page.focus("#picture")
    page.keyboard.press("ArrowRight")
    first = page.evaluate("document.activeElement.id")
    seen = {first}
    for key in ("ArrowDown", "ArrowDown", "ArrowUp", "ArrowRight", "ArrowLeft"):
        page.keyboard.press(key)
        seen.add(page.evaluate("document.activeElement.id"))
    assert len(seen) > 2
    page.keyboard.press("Enter")
    assert page.inner_text("#panel h2") == page.evaluate(
        "document.activeElement.querySelector('.title').textContent"
    ).removesuffix("n:m")
    assert page.locator(".table[tabindex='0']").count() == 1
    label = page.get_attribute("#t2", "aria-label")
    assert label == "user_roles, 2 columns"


def test_light_and_dark(page: Page) -> None:
    def ground() -> str:
        return str(page.eval_on_selector("body", "e => getComputedStyle(e).backgroundColor"))

    light = ground()
    page.emulate_media(color_scheme="dark")
    dark = ground()
    assert sum(map(int, dark[4:-1].split(","))) < 150
    assert sum(map(int, light[4:-1].split(","))) > 600
    page.click("#theme")
    assert ground() == light
    page.reload()
    assert ground() == light
    page.click("#theme")
    assert ground() == dark


def test_groups_are_colours_and_can_be_hidden(page: Page) -> None:
    assert page.locator("#way option").all_inner_texts() == ["none", "by origin", "by module"]
    strip = "e => getComputedStyle(e.querySelector('.strip')).fill"
    assert page.eval_on_selector("#t0", strip) != page.eval_on_selector("#t3", strip)
    assert page.locator("#legend label").all_inner_texts() == ["core (6)", "plugin:shop (1)"]
    page.uncheck("#legend label >> nth=1 >> input")
    assert page.locator("#t3").is_hidden()
    assert page.locator(".edge:visible").count() == 3
    assert "orders" not in page.locator("#results li").all_inner_texts()
    page.check("#legend label >> nth=1 >> input")
    assert page.locator(".edge:visible").count() == 4
    page.select_option("#way", "")
    assert page.eval_on_selector("#t0", strip) == page.eval_on_selector("#t3", strip)
    assert page.locator("#legend").is_hidden()
