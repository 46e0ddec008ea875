"""Leaks of a made-up web shop, with everything that the explaining phase can find."""

from typing import Final

from leakgate.model.explanation import Explanation, Frame, GrowthSite, Holder, RootKind, TypeGrowth
from leakgate.model.origin import Origin
from leakgate.model.report import Leak, LeakPart
from tests.helpers.report_parts import ROOT, SITE_PACKAGES, STDLIB

CACHE_FRAMES: Final = (
    Frame(f"{STDLIB}/json/decoder.py", 353, "JSONDecoder.raw_decode", origin=Origin.STDLIB),
    Frame(f"{STDLIB}/json/decoder.py", 337, "JSONDecoder.decode", origin=Origin.STDLIB),
    Frame(f"{STDLIB}/json/__init__.py", 346, "loads", origin=Origin.STDLIB),
    Frame(f"{ROOT}/shop/sessions.py", 48, "SessionStore.remember"),
    Frame(f"{ROOT}/shop/api.py", 112, "Api.login"),
    Frame(f"{SITE_PACKAGES}/aiohttp/web_app.py", 567, "Application._handle", origin=Origin.PACKAGE),
    Frame(f"{SITE_PACKAGES}/aiohttp/web_protocol.py", 452, "RequestHandler._handle_request", origin=Origin.PACKAGE),
    Frame(f"{SITE_PACKAGES}/aiohttp/web_protocol.py", 537, "RequestHandler.start", origin=Origin.PACKAGE),
    Frame(f"{STDLIB}/asyncio/events.py", 80, "Handle._run", origin=Origin.STDLIB),
    Frame(f"{STDLIB}/asyncio/base_events.py", 1922, "BaseEventLoop._run_once", origin=Origin.STDLIB),
    Frame(f"{STDLIB}/asyncio/base_events.py", 607, "BaseEventLoop.run_forever", origin=Origin.STDLIB),
    Frame(f"{ROOT}/scripts/worker.py", 31, "main"),
    Frame(f"{ROOT}/scripts/worker.py", 36, "<module>"),
)

CACHE_SITE: Final = GrowthSite(
    frames=CACHE_FRAMES,
    blame=3,
    grew_bytes=1_840_000,
    grew_blocks=12_400,
    bytes_per_s=310_000.0,
    share=0.81,
    pid=4242,
)
CACHE_HOLDER: Final = Holder(
    path="shop.sessions._SESSIONS",
    root="module shop.sessions",
    root_kind=RootKind.MODULE,
    container_type="dict",
    length=18_312,
    grew_per_min=1_240.0,
    writer=Frame(f"{ROOT}/shop/sessions.py", 51, "SessionStore.remember"),
    entry_type="Session",
    frames=(Frame(f"{ROOT}/shop/sessions.py", 51, "SessionStore.remember"), CACHE_FRAMES[4]),
)
CACHE_LEAK: Final = Leak(
    signature="py-3f9a1c07d2be",
    site=CACHE_SITE,
    holder=CACHE_HOLDER,
    advice="Entries are added and never removed: bound the dict (an LRU, a TTL) or delete the entry at logout.",
)
LOGGER_LEAK: Final = Leak(
    signature="py-77c0de9914aa",
    site=GrowthSite(
        frames=(
            Frame(f"{STDLIB}/logging/__init__.py", 1360, "Manager.getLogger", origin=Origin.STDLIB),
            Frame(f"{ROOT}/shop/audit.py", 19, "audit_log"),
            Frame(f"{ROOT}/shop/api.py", 97, "Api.login"),
            Frame(f"{ROOT}/scripts/worker.py", 31, "main"),
        ),
        blame=1,
        grew_bytes=310_000,
        grew_blocks=1_900,
        bytes_per_s=52_000.0,
        share=0.14,
        pid=4242,
    ),
    holder=Holder(
        path="logging.Logger.manager.loggerDict",
        root="module logging",
        root_kind=RootKind.MODULE,
        container_type="dict",
        length=4_410,
        grew_per_min=610.0,
        entry_type="Logger",
    ),
    advice="A logger is made for every request and lives for ever: use one logger and pass the id as an argument.",
)
MANY_PLACES_LEAK: Final = Leak(
    signature="py-90b2d4e6f801",
    site=GrowthSite(
        frames=(Frame(f"{ROOT}/shop/models.py", 5, "Order.__init__"), *CACHE_FRAMES[3:5], *CACHE_FRAMES[-2:]),
        grew_bytes=600_000,
        grew_blocks=900,
        bytes_per_s=100_000.0,
        share=0.5,
    ),
    also=(
        LeakPart(
            "py-90b2d4e6f802",
            GrowthSite(
                frames=(*CACHE_FRAMES[:5], *CACHE_FRAMES[-2:]),
                blame=3,
                grew_bytes=360_000,
                grew_blocks=8,
                bytes_per_s=60_000.0,
                share=0.3,
            ),
        ),
        LeakPart(
            "py-90b2d4e6f803",
            GrowthSite(
                frames=(Frame(f"{ROOT}/shop/models.py", 9, "Line.__init__"), *CACHE_FRAMES[3:5], *CACHE_FRAMES[-2:]),
                grew_bytes=240_000,
                grew_blocks=70,
                bytes_per_s=40_000.0,
                share=0.2,
            ),
        ),
    ),
    holder=CACHE_HOLDER,
)
"""The memory that one dict holds, allocated in three places."""
TYPES: Final = (
    TypeGrowth(name="shop.sessions.Session", grew_count=1_240, count_per_min=1_240.0, bytes_each=56.0),
    TypeGrowth(name="dict", grew_count=2_480, count_per_min=2_480.0, bytes_each=232.0),
    TypeGrowth(name="logging.Logger", grew_count=610, count_per_min=610.0, bytes_each=152.0),
)
EXPLANATION: Final = Explanation(
    window_s=6.0,
    traced_bytes=2_270_000,
    traced_blocks=15_300,
    native_bytes=64_000,
    sites=(CACHE_SITE, LOGGER_LEAK.site),
    holders=(CACHE_HOLDER,),
    types=TYPES,
    longest_pause_s=0.12,
)
