"""What a test does with a window of the browser, and what every page must pass."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from selenium.webdriver import ActionChains, Chrome, Keys
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.wait import WebDriverWait

ARTEFACTS = Path(__file__).parents[2] / "artefacts"
WIDTHS = {1280: 900, 390: 844}  # in CSS pixels, with the height of the window
PHONE = 390
SCHEMES = ("light", "dark")
MOST_TABS = 100
TALLEST = 4_000  # of a screenshot, in CSS pixels
# What axe says of an element's impact on people, from bad to worse.
REFUSED_IMPACTS = ("serious", "critical")

AXE = (files("axe_selenium_python") / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
RUN_AXE = """
const [context, done] = arguments;
axe.run(context, {resultTypes: ["violations"]}).then(done, error => done({error: String(error)}));
"""
# A new scheme may fade in.
SETTLE = """
const done = arguments[0];
const ending = () => document.getAnimations().filter(animation => animation.effect.getTiming().iterations !== Infinity);
requestAnimationFrame(() => Promise.allSettled(ending().map(animation => animation.finished)).then(() => done()));
"""
# The elements that reach beyond the right edge of a page, but for what scrolls in a box of its own.
TOO_WIDE = """
const scrolls = element => element && element !== document.documentElement
  && (getComputedStyle(element).overflowX !== "visible" || scrolls(element.parentElement));
return [...document.body.querySelectorAll("*")]
  .filter(element => element.getBoundingClientRect().right > arguments[0] && !scrolls(element.parentElement))
  .map(element => element.outerHTML.slice(0, 120));
"""
# The buttons and links that another element lies above, when they are scrolled into view. Those that Tab passes over
# have a twin that it reaches.
COVERED = """
return [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary")]
  .filter(element => element.tabIndex >= 0)
  .filter(element => element.checkVisibility({visibilityProperty: true, opacityProperty: true}))
  .filter(element => {
    element.scrollIntoView({block: arguments[0]});
    const box = element.getClientRects()[0];
    if (!box) return false;
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
    const top = document.elementFromPoint(x, y);
    return top && !element.contains(top) && !top.contains(element)
      && ![...(element.labels || [])].some(label => label.contains(top));
  })
  .map(element => element.outerHTML.slice(0, 120));
"""


class Window:
    """The browser's window, on the pages of one site."""

    def __init__(self, driver: Chrome, address: str) -> None:
        self.driver = driver
        self.address = address
        self.errors: list[str] = []  # logged by the browser until `read_log` was last called

    def open(self, path: str) -> None:
        self.driver.get(urljoin(self.address, path))

    def element(self, selector: str) -> WebElement:
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def elements(self, selector: str) -> list[WebElement]:
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def texts(self, selector: str) -> list[str]:
        return [element.text for element in self.elements(selector)]

    @property
    def path(self) -> str:
        return self.driver.execute_script("return location.pathname + location.search")

    def wait(self, condition: Callable[[], Any], message: str) -> Any:
        """Return the first true result of the condition, which may look for elements that are not there yet."""
        return WebDriverWait(self.driver, 30, poll_frequency=0.05).until(lambda _: condition(), message)

    # Keys

    def press(self, *keys: str) -> None:
        ActionChains(self.driver).send_keys(*keys).perform()

    def type(self, text: str) -> None:
        """Replace the text of the input that has the focus."""
        ActionChains(self.driver).key_down(Keys.CONTROL).send_keys("a").key_up(Keys.CONTROL).send_keys(text).perform()

    def tab_to(self, selector: str, *, back: bool = False) -> None:
        """Press Tab until an element has the focus, or Shift and Tab. Fails where none is reached."""
        for _ in range(MOST_TABS):
            keys = ActionChains(self.driver).key_down(Keys.SHIFT) if back else ActionChains(self.driver)
            keys.send_keys(Keys.TAB).key_up(Keys.SHIFT).perform()
            if self.driver.execute_script("return document.activeElement.matches(arguments[0])", selector):
                return
        raise AssertionError(f"{selector} is not reached within {MOST_TABS} presses of Tab on {self.path}")

    def submit(self, key: str = Keys.ENTER) -> None:
        """Press a key that leads to another page, and wait until that is there."""
        self.leaving(lambda: self.press(key))

    def leaving(self, action: Callable[[], Any]) -> None:
        """Do what leads to another page, and wait until that is loaded."""
        self.driver.execute_script("window.isBeingLeft = true")
        action()
        loaded = "return !window.isBeingLeft && document.readyState === 'complete'"
        self.wait(lambda: self.driver.execute_script(loaded), f"{self.path} was not left")

    # What the window is like

    def resize(self, width: int) -> None:
        """Give the window a width of WIDTHS; the narrow one is a phone's."""
        metrics = {"width": width, "height": WIDTHS[width], "deviceScaleFactor": 1, "mobile": width == PHONE}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)

    def prefer(self, scheme: str) -> None:
        """Have the user prefer one of SCHEMES."""
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
        self.driver.execute_async_script(SETTLE)

    # What a page must pass

    def inspect(self, name: str, *, within: Any = "html") -> None:
        """Look at the page in each width and scheme.

        A screenshot and axe's report of each are kept under `name`. Fails for what scrolls sideways on a phone, for
        buttons that are covered there, and for what axe finds that is serious within that context of its own.
        """
        problems = []
        for width in WIDTHS:
            self.resize(width)
            for scheme in SCHEMES:
                self.prefer(scheme)
                view = f"{name}-{width}-{scheme}"
                self.screenshot(view)
                problems += [f"{view}: {problem}" for problem in self.findings(view, within)]
            if width == PHONE:
                problems += [f"{name}: {problem}" for problem in self.problems_of_phones()]
        assert not problems, "\n".join(problems)

    def screenshot(self, name: str) -> None:
        """Keep a picture of the whole page, as `artefacts/screenshots/NAME.png`."""
        size = self.driver.execute_cdp_cmd("Page.getLayoutMetrics", {})["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": min(size["height"], TALLEST), "scale": 1}
        picture = self.driver.execute_cdp_cmd("Page.captureScreenshot", {"captureBeyondViewport": True, "clip": clip})
        artefact("screenshots", f"{name}.png").write_bytes(base64.b64decode(picture["data"]))

    def findings(self, name: str, within: Any) -> list[str]:
        """Return what axe finds that is serious; all of its report is kept, as `artefacts/axe/NAME.json`."""
        if not self.driver.execute_script("return 'axe' in window"):
            self.driver.execute_script(AXE)
        self.read_log()
        report = self.driver.execute_async_script(RUN_AXE, within)
        self.driver.get_log("browser")  # styles of its own, which the policy of a page may refuse
        artefact("axe", f"{name}.json").write_text(json.dumps(report, indent=1), encoding="utf-8")
        if "error" in report:
            return [f"axe failed: {report['error']}"]
        assert report["passes"], f"axe has tried nothing on {self.path}"
        return [
            f"{rule['impact']}: {rule['id']} ({rule['help']}) of {len(rule['nodes'])} elements, such as"
            f" {rule['nodes'][0]['target']}: {rule['nodes'][0]['failureSummary']}"
            for rule in report["violations"]
            if rule["impact"] in REFUSED_IMPACTS
        ]

    def problems_of_phones(self) -> Iterator[str]:
        """Yield what a phone's user cannot see or press."""
        width = self.driver.execute_script("return document.scrollingElement.scrollWidth")
        if width > PHONE:
            yield f"scrolls sideways: {width} pixels are wide {self.driver.execute_script(TOO_WIDE, PHONE)}"
        for edge in ("center", "nearest"):
            for covered in self.driver.execute_script(COVERED, edge):
                yield f"covered by another element: {covered}"
        self.driver.execute_script("scrollTo(0, 0)")

    def take_errors(self) -> list[str]:
        """Return what is expected to be logged: the test does not fail for it."""
        self.read_log()
        errors, self.errors = self.errors, []
        return errors

    def read_log(self) -> None:
        """Add to `errors` what the browser has logged: of scripts, missing files, violations of the policy."""
        log = self.driver.get_log("browser")
        errors = [entry["message"] for entry in log if entry["level"] in ("SEVERE", "WARNING")]
        # Which is asked for where a page names no icon.
        self.errors += [error for error in errors if "/favicon.ico " not in error]


def artefact(kind: str, name: str) -> Path:
    """Return where to keep a file; the folder is there."""
    folder = ARTEFACTS / kind
    folder.mkdir(parents=True, exist_ok=True)
    return folder / name
