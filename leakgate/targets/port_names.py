"""Which ports a script uses, and how their numbers are filled in."""

from collections.abc import Iterator
from dataclasses import replace
from types import MappingProxyType

from leakgate.model.load_spec import DEFAULT_URL, LoadProgram, LoadSpec, OpenApiSpec
from leakgate.model.staging import MAIN_PORT, ReadySpec, filled_ready, filled_service, port_filler, port_names
from leakgate.model.target import TargetSpec
from leakgate.targets.kind import kind_of


def ports_of(spec: TargetSpec) -> tuple[str, ...]:
    """Return the sorted names of the ports that leakgate chooses for this script; `MAIN_PORT` for ``{port}``."""
    return tuple(sorted(port_names(_texts(spec))))


def with_ports(spec: TargetSpec, ports: dict[str, int]) -> TargetSpec:
    """Return the script with these ports filled in.

    The main port is also set as ``PORT``, unless the project sets that. Without a ``ready`` of its own, the script is
    ready when it accepts connections on the main port.
    """
    if not ports:
        return spec
    fill = port_filler(ports)
    kind = kind_of(spec.entry)
    env = {name: fill(value) for name, value in spec.env.items()}
    if MAIN_PORT in ports:
        env.setdefault("PORT", str(ports[MAIN_PORT]))
    waited_for = ReadySpec(port="{port}") if MAIN_PORT in ports else None
    return replace(
        spec,
        entry=kind.read(tuple(map(fill, kind.words(spec.entry)))),
        args=tuple(map(fill, spec.args)),
        env=MappingProxyType(env),
        ready=filled_ready(spec.ready or waited_for, fill),
        setup=tuple(map(fill, spec.setup)),
        services=tuple(filled_service(service, fill) for service in spec.services),
        load=None if spec.load is None else spec.load.filled(fill),
    )


def _texts(spec: TargetSpec) -> Iterator[str]:
    """Yield every text that may contain a port."""
    yield from kind_of(spec.entry).words(spec.entry)
    yield from spec.args
    yield from spec.env.values()
    yield from spec.setup
    if spec.ready is not None:
        yield from (spec.ready.url, spec.ready.port)
    for service in spec.services:
        yield from service.command
        yield from service.env.values()
        if service.ready is not None:
            yield from (service.ready.url, service.ready.port)
    if spec.load is not None:
        yield from _texts_of_load(spec.load)


def _texts_of_load(load: LoadSpec) -> Iterator[str]:
    match load.source:
        case LoadProgram() as program:
            # A program may put jobs into a queue, so the port in the default address does not mean that it is used.
            yield from (*program.command, *program.args, *([load.url] if load.url != DEFAULT_URL else []))
            return
        case OpenApiSpec():
            pass
        case requests:
            for request in requests:
                yield from (request.path, request.body, *(value for _, value in request.headers))
    yield load.url
