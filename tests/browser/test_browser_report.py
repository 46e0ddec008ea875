"""The HTML report in headless Chromium: it works, asks for nothing, fits a phone, and leaves hostile text as text.

Every test also fails on a console message, a dialog or a request (see the fixture).
"""

from typing import TYPE_CHECKING

import pytest

from tests.browser.conftest import OpenReport
from tests.helpers.report_leaks import MANY_PLACES_LEAK
from tests.helpers.reports import gate, leaky_python, many

if TYPE_CHECKING:  # see conftest.py
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

CONTRAST = """
() => {
  const channel = (value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const rgba = (color) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    return canvas.getImageData(0, 0, 1, 1).data;
  };
  const luminance = ([r, g, b]) => 0.2126 * channel(r / 255) + 0.7152 * channel(g / 255) + 0.0722 * channel(b / 255);
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const color = rgba(getComputedStyle(at).backgroundColor);
      if (color[3] === 255) return color;
    }
    return [255, 255, 255, 255];
  };
  const poor = [];
  let checked = 0;
  for (const element of document.querySelectorAll('body *')) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!own || !element.checkVisibility() || element.closest('script, style')) continue;
    const style = getComputedStyle(element);
    const ink = luminance(rgba(element.closest('svg') ? style.fill : style.color));
    const ground = luminance(behind(element));
    const ratio = (Math.max(ink, ground) + 0.05) / (Math.min(ink, ground) + 0.05);
    checked += 1;
    if (ratio < 4.5) poor.push(`${ratio.toFixed(2)} ${element.outerHTML.slice(0, 80)}`);
  }
  return { checked, poor };
}
"""


def names(page: "Page") -> list[str]:
    return page.locator("table.overview tbody tr:visible th a").all_inner_texts()


def open_all(page: "Page") -> None:
    page.evaluate("() => document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    page.wait_for_function("() => !document.querySelector('details.script noscript')")  # the charts are drawn


@pytest.mark.parametrize("kind", ["mixed", "hostile", "empty"])
def test_nothing_is_wider_than_the_screen(open_report: OpenReport, kind: str) -> None:
    page = open_report(kind, width=1280).page
    open_all(page)

    for width in (1280, 860, 390):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("() => document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_has_enough_contrast(open_report: OpenReport, scheme: str) -> None:
    page = open_report("mixed", scheme=scheme).page
    open_all(page)

    found = page.evaluate(CONTRAST)
    assert found["poor"] == []
    assert found["checked"] > 500


def test_the_scheme_follows_the_system_until_the_reader_chooses(open_report: OpenReport) -> None:
    page = open_report("leak", scheme="dark").page
    ground = "() => getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(ground)
    page.get_by_role("button", name="Light colours").click()
    light = page.evaluate(ground)
    page.reload()

    assert dark != light
    assert page.evaluate(ground) == light
    assert page.get_by_role("button", name="Dark colours").is_visible()
    page.evaluate("() => localStorage.clear()")


def test_the_table_is_sorted_by_keyboard(open_report: OpenReport) -> None:
    page = open_report("mixed").page
    worst_first = names(page)
    header = page.get_by_role("columnheader", name="Script")
    header.get_by_role("button").focus()
    page.keyboard.press("Enter")
    ascending = names(page)
    page.keyboard.press("Space")

    assert worst_first[:2] == ["thumbnails", "worker"]
    assert ascending == sorted(worst_first)
    assert header.get_attribute("aria-sort") == "descending"
    assert names(page) == ascending[::-1]
    assert page.locator("#status").inner_text() == "Sorted by Script, descending."


def test_numbers_are_sorted_largest_first_and_what_is_missing_last(open_report: OpenReport) -> None:
    page = open_report("mixed").page
    button = page.get_by_role("columnheader", name="RSS a second").get_by_role("button")
    button.click()

    assert names(page)[0] == "thumbnails"
    assert names(page)[-1] == "importer"
    button.click()
    assert names(page)[-1] == "importer"
    assert names(page)[0] == "import-job"


def test_scripts_are_filtered_by_verdict_and_by_name(open_report: OpenReport) -> None:
    page = open_report("mixed").page
    page.get_by_role("button", name="leak 4", exact=True).click()
    assert names(page) == ["thumbnails", "worker", "pool", "canary"]
    page.get_by_role("searchbox").fill("SESSIONS.py")
    assert names(page) == ["worker", "canary"]
    assert page.locator("details.script:visible").count() == 2
    page.get_by_role("searchbox").fill("nothing like it")
    assert names(page) == []
    assert page.get_by_text("No script fits the filter.").is_visible()


def test_a_link_opens_the_section_of_its_script(open_report: OpenReport) -> None:
    page = open_report("mixed").page
    section = page.locator("details.script", has=page.get_by_role("heading", name="healthy-worker"))
    assert section.get_attribute("open") is None
    assert section.locator(".chart").count() == 0, "the chart of a closed section is not drawn yet"
    page.get_by_role("link", name="healthy-worker").click()
    page.wait_for_function("() => document.activeElement.matches('details.script[open] > summary')")
    assert section.get_attribute("open") is not None
    section.locator(".chart").press("ArrowLeft")
    assert "RSS" in section.locator(".tip").inner_text()
    section.locator("summary").first.focus()
    page.keyboard.press("Enter")
    assert section.get_attribute("open") is None
    page.get_by_role("link", name="healthy-worker").click()
    assert section.get_attribute("open") is not None


def test_pointing_at_the_chart_shows_values(open_report: OpenReport) -> None:
    page = open_report("leak").page
    plot = page.locator(".plot").first
    plot.scroll_into_view_if_needed()
    box = plot.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 20)
    tip = page.locator(".tip").first
    when, heap, rss, native = tip.inner_text().splitlines()

    assert when == "15.3 s, measured"
    # 52 MB after the warm-up, 430 KB/s, 15 s, and the noise of the sample.
    assert 58.3 < float(rss.removeprefix("RSS ").removesuffix(" MB")) < 58.8
    assert heap.startswith("heap 23.")
    assert native.startswith("native 15.")
    page.mouse.move(box["x"] + box["width"] * 0.02, box["y"] + 20)
    assert "warm-up" in tip.inner_text()
    page.mouse.move(box["x"] + box["width"] * 0.99, box["y"] + 20)
    assert "after the measured window" in tip.inner_text()
    tip_box = tip.bounding_box()
    assert tip_box is not None
    assert tip_box["x"] + tip_box["width"] <= 1280
    page.mouse.move(0, 0)
    assert tip.inner_text() == ""


def test_between_two_readings_the_value_of_the_drawn_line_is_shown(open_report: OpenReport) -> None:
    page = open_report("leak").page
    path = "M0 9000l5000 -5000 5000 -4000"
    page.evaluate("(path) => document.querySelector('.panel .reading').setAttribute('d', path)", path)
    low, high = (float(page.locator(".panel").first.get_attribute(f"data-{end}") or "") for end in ("low", "high"))
    box = page.locator(".plot").first.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 4, box["y"] + 20)
    said = page.locator(".tip").first.inner_text().splitlines()[1]

    assert abs(float(said.split()[1]) * 1e6 - (high - 0.65 * (high - low))) < 0.01 * (high - low)


def test_the_chart_is_read_by_keyboard(open_report: OpenReport) -> None:
    page = open_report("leak").page
    page.locator(".chart").first.focus()
    tip = page.locator(".tip").first
    page.keyboard.press("Home")
    assert tip.inner_text().startswith("0.0 s, warm-up\nheap 11.")
    page.keyboard.press("ArrowRight")
    assert tip.inner_text().startswith("0.1 s, warm-up")
    page.keyboard.press("PageDown")
    assert tip.inner_text().startswith("3.6 s, measured")
    page.keyboard.press("End")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("PageUp")
    assert tip.inner_text().startswith("26.9 s, measured")
    page.keyboard.press("x")
    page.keyboard.press("Escape")
    assert tip.inner_text() == ""


def test_commands_are_copied(open_report: OpenReport) -> None:
    page = open_report("leak").page
    button = page.get_by_role("button", name="Copy").first
    button.scroll_into_view_if_needed()
    button.click()
    page.wait_for_function(
        "() => [...document.querySelectorAll('.copied .button')].some((b) => b.textContent !== 'Copy')"
    )
    assert page.get_by_role("button", name="Copied").or_(page.get_by_role("button", name="Selected")).count() == 1


def test_every_report_opens_in_peace(open_report: OpenReport) -> None:
    for kind in ("pass", "child", "known", "error", "canary-missed"):
        page = open_report(kind).page
        open_all(page)
        assert page.get_by_role("heading", level=1).count() == 1, kind
        assert page.get_by_role("main").count() == 1, kind


def test_hostile_text_stays_text(open_report: OpenReport) -> None:
    seen = open_report("hostile")
    page = seen.page
    open_all(page)

    assert page.locator("img, iframe, object, embed, form, base, a[href^='http'], a[href^='javascript']").count() == 0
    assert page.locator("script").count() == 1
    assert "<img src=x onerror=alert(1)>" in page.inner_text("main")
    assert seen.messages == []


def test_what_leakgate_did_not_write_neither_runs_nor_loads(open_report: OpenReport) -> None:
    seen = open_report("leak")
    injected = "const one = document.createElement('script'); one.text = 'window.ran = 1'; document.body.append(one);"
    seen.page.evaluate(f"() => {{ {injected} }}")
    sent = seen.page.evaluate("() => fetch('https://evil.example/').then(() => 'sent', () => 'blocked')")

    assert seen.page.evaluate("() => window.ran") is None
    assert sent == "blocked"
    assert len(seen.messages) >= 2
    assert all("Content Security Policy" in message for message in seen.messages)
    seen.messages.clear()


def test_without_scripting_the_page_still_reads(open_report: OpenReport) -> None:
    page = open_report("mixed", script=False).page
    closed = page.locator("details.script", has=page.get_by_role("heading", name="healthy-worker"))
    closed.locator("summary").first.click()
    assert closed.locator(".plot path.reading").first.is_visible()
    page = open_report("leak", script=False).page

    assert page.get_by_role("heading", name="1 leak in 2 scripts").is_visible()
    assert page.locator(".plot path.reading").first.is_visible()
    assert page.get_by_text("shop.sessions._SESSIONS").first.is_visible()
    assert page.locator("#theme").is_hidden()


def test_two_hundred_scripts_open_and_sort(open_report: OpenReport) -> None:
    page = open_report(many(200)).page
    page.get_by_role("columnheader", name="Script").get_by_role("button").click()

    assert names(page)[0] == "service-0000"
    assert len(names(page)) == 200
    assert page.locator("details.script").count() == 200


def test_the_picture_of_stacks_is_read_by_keyboard_and_by_pointer(open_report: OpenReport) -> None:
    page = open_report(gate(leaky_python(leaks=(MANY_PLACES_LEAK,)))).page
    picture, readout = page.locator(".icicle"), page.locator(".icicle .readout")
    picture.focus()
    said = [readout.inner_text()]
    for key in ("ArrowDown", "ArrowDown", "ArrowRight", "ArrowRight", "ArrowLeft", "ArrowUp", "End", "Home", "x"):
        page.keyboard.press(key)
        said.append(readout.inner_text())
    page.keyboard.press("Escape")

    assert [text.split(":")[-1].strip() for text in said[:2]] == ["100 %, +200 KB/s"] * 2
    assert [text.split(": ")[-1] for text in said[2:6]] == [
        "50 %, +100 KB/s",
        "30 %, +60.0 KB/s",
        "20 %, +40.0 KB/s",
        "30 %, +60.0 KB/s",
    ]
    assert said[2].startswith("shop/models.py:5 in Order.__init__")
    assert said[6] == said[1]
    assert said[7] == said[4]
    assert said[8] == said[9] == said[0]
    assert readout.inner_text() == ""
    page.locator(".cell", has_text="Line.__init__").hover()
    assert readout.inner_text().startswith("shop/models.py:9 in Line.__init__")
    page.get_by_text("The same as a list").click()
    assert page.locator("figure details[open] li").count() == page.locator(".cell").count()


def test_a_table_that_is_cut_on_a_phone_says_so(open_report: OpenReport) -> None:
    page = open_report("leak", width=390).page
    cut = page.locator(".scroll.cut").first
    cut.wait_for()

    assert "scroll" in cut.evaluate("(box) => getComputedStyle(box, '::after').content")
    page.set_viewport_size({"width": 1280, "height": 900})
    page.wait_for_function("() => document.querySelectorAll('.scroll.cut').length === 0")
