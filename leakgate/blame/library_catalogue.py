"""Known leaks of released libraries, so that a report can name the leak and the release that fixes it."""

import re
from dataclasses import dataclass
from typing import Final

from leakgate.model.explanation import Explanation, Frame, GrowthSite, Holder
from leakgate.model.origin import Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class LibraryLeak:
    """A leak that a release of a library fixed."""

    package: str
    """The normalised name of the distribution."""
    seen_in: str
    """The oldest release that is known to leak."""
    fixed_in: str
    file: str
    """The end of the path of the code that leaks, or of its folder."""
    functions: tuple[str, ...]
    """Functions without their qualifier; one of them must be in the traceback, or write to the holder."""
    upstream: str


CATALOGUE: Final[tuple[LibraryLeak, ...]] = (
    LibraryLeak(
        package="aiohttp",
        seen_in="3.10.6",
        fixed_in="3.10.11",
        file="aiohttp/web_app.py",
        functions=("_handle", "_build_middlewares"),
        upstream="GHSA-27mf-ghqm-j3j8",
    ),
    LibraryLeak(
        package="aiotools",
        seen_in="2.2.0",
        fixed_in="2.2.1",
        file="aiotools/taskscope.py",
        functions=("_add_to_parent_scope", "_hook_task_cancel_methods"),
        upstream="achimnol/aiotools#95",
    ),
    LibraryLeak(
        package="h5py",
        seen_in="3.11.0",
        fixed_in="3.12.1",
        file="h5py/_hl/files.py",
        functions=("__init__", "make_fid"),
        upstream="h5py/h5py#2451",
    ),
    LibraryLeak(
        package="marshmallow",
        seen_in="2.16.2",
        fixed_in="2.16.3",
        file="marshmallow/class_registry.py",
        functions=("register",),
        upstream="marshmallow-code/marshmallow#732",
    ),
    LibraryLeak(
        package="matplotlib",
        seen_in="3.3.4",
        fixed_in="3.4.0",
        file="matplotlib/cbook/__init__.py",
        functions=("connect",),
        upstream="matplotlib/matplotlib#19345",
    ),
    LibraryLeak(
        package="mcp",
        seen_in="1.6.0",
        fixed_in="1.7.0",
        file="mcp/shared/session.py",
        functions=("send_request",),
        upstream="modelcontextprotocol/python-sdk#515",
    ),
    LibraryLeak(
        package="openai",
        seen_in="1.3.7",
        fixed_in="1.3.8",
        file="openai/_base_client.py",
        functions=("platform_headers", "default_headers"),
        upstream="openai/openai-python#865",
    ),
    LibraryLeak(
        package="opentelemetry-api",
        seen_in="1.40.0",
        fixed_in="1.41.0",
        file="opentelemetry/metrics/_internal/__init__.py",
        functions=("get_meter",),
        upstream="open-telemetry/opentelemetry-python#5016",
    ),
    LibraryLeak(
        package="opentelemetry-instrumentation-sqlalchemy",
        seen_in="0.49b2",
        fixed_in="0.50b0",
        file="opentelemetry/instrumentation/sqlalchemy/engine.py",
        functions=("_register_event_listener",),
        upstream="open-telemetry/opentelemetry-python-contrib#3053",
    ),
    LibraryLeak(
        package="opentelemetry-sdk",
        seen_in="1.31.1",
        fixed_in="1.32.0",
        file="opentelemetry/sdk/trace/export/__init__.py",
        functions=("__init__",),
        upstream="open-telemetry/opentelemetry-python#4449",
    ),
    LibraryLeak(
        package="pandas",
        seen_in="2.2.0",
        fixed_in="2.2.1",
        file="pandas/io/parsers/c_parser_wrapper.py",
        functions=("__init__", "read"),
        upstream="pandas-dev/pandas#57039",
    ),
    LibraryLeak(
        package="pendulum",
        seen_in="2.1.0",
        fixed_in="3.0.0",
        file="pendulum/parsing/__init__.py",
        functions=("parse", "_parse"),
        upstream="python-pendulum/pendulum#720",
    ),
    LibraryLeak(
        package="prompt-toolkit",
        seen_in="3.0.36",
        fixed_in="3.0.44",
        file="prompt_toolkit/filters/base.py",
        functions=("__and__", "__or__", "__invert__", "__missing__"),
        upstream="prompt-toolkit/python-prompt-toolkit#1688",
    ),
    LibraryLeak(
        package="redis",
        seen_in="4.5.4",
        fixed_in="4.5.5",
        file="redis/asyncio/connection.py",
        functions=("on_connect",),
        upstream="redis/redis-py#2693",
    ),
    LibraryLeak(
        package="shapely",
        seen_in="1.8.2",
        fixed_in="1.8.3",
        file="shapely/geometry/base.py",
        functions=("buffer",),
        upstream="shapely/shapely#1438",
    ),
    LibraryLeak(
        package="structlog",
        seen_in="25.5.0",
        fixed_in="26.1.0",
        file="structlog/_output.py",
        functions=("_get_lock_for_file",),
        upstream="hynek/structlog#806",
    ),
    LibraryLeak(
        package="transitions",
        seen_in="0.8.3",
        fixed_in="0.8.4",
        file="transitions/extensions/asyncio.py",
        functions=("switch_model_context",),
        upstream="pytransitions/transitions#475",
    ),
)


def known_library_leak(site: GrowthSite, holder: Holder | None, explanation: Explanation) -> str:
    """Return a sentence if the leak is in the catalogue and the installed release has it; else an empty string."""
    frames = [*site.frames, *((holder.writer, *holder.frames) if holder is not None and holder.writer else ())]
    for known in CATALOGUE:
        if not any(_is_in(frame, known) for frame in frames):
            continue
        for package in explanation.packages:
            if package.name == known.package and _is_between(package.version, known):
                return (
                    f"this is a known leak of {known.package} {package.version} ({known.upstream}): "
                    f"upgrade to {known.fixed_in} or later"
                )
    return ""


def _is_in(frame: Frame, known: LibraryLeak) -> bool:
    posix = frame.file.replace("\\", "/")
    return (
        frame.origin is Origin.PACKAGE
        and posix.endswith("/" + known.file)
        and frame.function.rpartition(".")[2] in known.functions
    )


def _is_between(version: str, known: LibraryLeak) -> bool:
    return _numbers(known.seen_in) <= _numbers(version) < _numbers(known.fixed_in)


def _numbers(version: str) -> tuple[int, ...]:
    """The numbers of a version (PEP 440), enough to order releases of one library; also that of a pre-release."""
    return tuple(int(number[:9]) for number in re.findall(r"\d+", version.partition("+")[0])[:8])
