"""A real browser for tests: Debian's Chromium driven by Playwright, on a live server, with every foreign host refused.

``tests/conftest.py`` gives the fixtures to every test: mark the test with
``@pytest.mark.django_db(transaction=True, databases=["default", "owner"])`` and ``@pytest.mark.browser``, and open
pages with ``site.open("/ar/")``.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.db import connections
from django.test import Client

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page, Route

ROOT = Path(__file__).resolve().parent.parent
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PHONE, DESKTOP = (390, 844), (1440, 900)
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
BUILD = ROOT / "gisportal" / "static" / "build"


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser for the whole run; missing parts are an error of the set-up, not a reason to skip."""
    from playwright.sync_api import sync_playwright

    path = shutil.which("chromium")
    if path is None:
        pytest.fail("chromium is not installed; the set-up installs it")
    if not (BUILD / "site.js").is_file():
        pytest.fail("the front end is not built; run npm run build")
    # Playwright keeps an event loop in this thread; Django would take our plain queries for asynchronous ones.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    # While the loop is there, connections are kept elsewhere: those of before would be left open, and found again by
    # processes that are forked from this one, which know no loop.
    for connection in connections.all(initialized_only=True):
        if not connection.in_atomic_block:
            connection.close()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()


class Site:
    """The live site as a person meets it: pages, complaints of the browser, requests to other hosts."""

    def __init__(self, browser: Browser, url: str) -> None:
        self.browser, self.url = browser, url
        self.contexts: list[BrowserContext] = []
        self.complaints: list[str] = []
        self.foreign: list[str] = []

    def open(
        self,
        path: str,
        *,
        size: tuple[int, int] = DESKTOP,
        dark: bool = False,
        user: Any = None,
        expect: int = 200,
        scripts: bool = True,
    ) -> Page:
        """Open a page in a context of its own, signed in as ``user`` where one is given, with or without scripts."""
        context = self.browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme="dark" if dark else "light",
            java_script_enabled=scripts,
        )
        self.contexts.append(context)
        context.route("**/*", self._only_ours)
        if user is not None:
            context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": _session(user), "url": self.url}])
        page = context.new_page()
        page.on("console", lambda m: self.complaints.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        response = page.goto(self.url + path)
        assert response is not None and response.status == expect, (path, response and response.status)
        if expect >= 400:  # the browser itself complains of the status
            self.complaints.clear()
        return page

    def _only_ours(self, route: Route) -> None:
        if urlsplit(route.request.url).netloc in {urlsplit(self.url).netloc, ""}:
            route.continue_()
        else:
            self.foreign.append(route.request.url)
            route.abort()

    def close(self) -> None:
        for context in self.contexts:
            context.close()


def _session(user: Any) -> str:
    client = Client()
    client.force_login(user)
    return str(client.cookies[settings.SESSION_COOKIE_NAME].value)


@pytest.fixture
def site(chromium: Browser, live_server: Any) -> Iterator[Site]:
    """The site on a live server; the test fails if a page asked another host for anything or the browser complained."""
    found = Site(chromium, live_server.url)
    yield found
    found.close()
    assert not found.foreign, found.foreign
    assert not found.complaints, found.complaints


def axe_faults(page: Page) -> list[str]:
    """Return what axe-core (WCAG 2.2 A, AA and best practices) finds on a page, one line for each rule and place."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate(
        """async () => {
          const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
          const result = await axe.run(document, { runOnly: tags });
          const place = node => node.target.join(" ") + " " + (node.any[0]?.message || "");
          return result.violations.map(found => [found.id, found.nodes.map(place)]);
        }"""
    )
    return [f"{rule}: {place}" for rule, places in json.loads(json.dumps(found)) for place in places]
