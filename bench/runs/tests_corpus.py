"""The corpus as callables: the body of each driver's loop, repeated with the leaky and with the fixed release.

make bench-tests-corpus
python -m bench.runs.tests_corpus --only structlog marshmallow
"""

import argparse
import ast
import json
import subprocess
import sys
import tempfile
import time
from copy import deepcopy
from pathlib import Path
from statistics import median
from typing import Any, Final

from bench.runs.arms import children_cpu_s, end_on_sigterm, listen_to_interrupts
from bench.runs.environments import MissingError, python_for
from bench.runs.known_cases import Case, all_cases
from bench.runs.table import Row, keep, publish, recorded

_LEFT_OUT: Final = "left out: "


class NoLoopError(Exception):
    """The driver has no loop that can be extracted."""


def as_callable(source: str) -> str:
    """Return the source of a driver with a generator `op`: the set-up, then one turn of the loop as a callable."""
    module = ast.parse(source)
    for function in module.body:
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        found = _loop_in(function.body)
        if found is not None:
            module.body = [one for one in module.body if not isinstance(one, ast.If)]
            module.body[module.body.index(function)] = _generator(function, *found)
            return ast.unparse(ast.fix_missing_locations(module))
    raise NoLoopError("no endless loop in a function")


def _loop_in(body: list[ast.stmt]) -> tuple[list[ast.stmt], ast.While] | None:
    """Return the statements that contain the endless loop, and the loop; None if there is none.

    The loop may lie in `with` statements. They are entered once, in the set-up.
    """
    for statement in body:
        if isinstance(statement, ast.While) and isinstance(statement.test, ast.Constant) and not _ends(statement.body):
            return body, statement
        if isinstance(statement, ast.With | ast.AsyncWith) and (found := _loop_in(statement.body)):
            return found
    return None


def _ends(body: list[ast.stmt]) -> bool:
    """Whether a loop with this body has a `break` of its own."""
    inner = [one for one in body if not isinstance(one, ast.For | ast.AsyncFor | ast.While)]
    nested = [child for one in inner for child in ast.iter_child_nodes(one) if isinstance(child, ast.stmt)]
    return any(isinstance(one, ast.Break) for one in inner) or (bool(nested) and _ends(nested))


def _generator(
    function: ast.FunctionDef | ast.AsyncFunctionDef, around: list[ast.stmt], loop: ast.While
) -> ast.FunctionDef | ast.AsyncFunctionDef:
    """Return the function as a generator: in place of the loop, it defines one turn of it, and yields that."""
    at = around.index(loop)
    del around[at:]
    kept = sorted(_assigned(function.body) & _assigned(loop.body))
    body: list[ast.stmt] = [ast.Nonlocal(names=kept)] if kept else []
    body += [_Turn().visit(one) for one in loop.body if not _sleeps(one)]
    yields = ast.Expr(value=ast.Yield(value=ast.Name(id="turn", ctx=ast.Load())))
    around += [_renamed(function, "turn", body or [ast.Pass()]), yields]
    return _renamed(function, "op", function.body)


def _renamed(
    function: ast.FunctionDef | ast.AsyncFunctionDef, name: str, body: list[ast.stmt]
) -> ast.FunctionDef | ast.AsyncFunctionDef:
    """Return a function like this one, with another name and body, and without arguments."""
    copy = deepcopy(function)
    copy.name, copy.body = name, body
    copy.args = ast.arguments(posonlyargs=[], args=[], kwonlyargs=[], kw_defaults=[], defaults=[])
    return copy


class _Turn(ast.NodeTransformer):
    """Replaces `continue`, which ends a turn, by `return`."""

    def visit_Continue(self, node: ast.Continue) -> ast.Return:
        """Return the end of the callable."""
        del node
        return ast.Return(value=None)

    def visit_For(self, node: ast.For) -> ast.For:
        """Leave an inner loop unchanged; it has its own `continue`."""
        return node


def _assigned(statements: list[ast.stmt]) -> set[str]:
    return {
        node.id
        for statement in statements
        for node in ast.walk(statement)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }


def _sleeps(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and "sleep(" in ast.unparse(statement)


def main() -> None:
    """Run both halves of each pair, print a line for each, and write the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="*", default=[], help="parts of the names of cases")
    parser.add_argument("--groups", default="py,native,unseen", help="groups of released leaks, separated by commas")
    parser.add_argument("--fresh", action="store_true", help="forget what is recorded of other cases")
    options = parser.parse_args()
    end_on_sigterm()
    listen_to_interrupts()
    rows = [] if options.fresh else recorded("tests_corpus")
    for case in all_cases(tuple(options.groups.split(","))):
        if options.only and not any(word in case.name for word in options.only):
            continue
        expected = "leak" if case.leaks else "ok or leak" if case.creeps else "ok"
        row = {"case": case.name, "expected": expected, **_judge(case)}
        print(json.dumps(row), flush=True)
        rows = [*(one for one in rows if one["case"] != case.name), row]
        keep("tests_corpus", summary(rows), rows, left_out(rows))
    publish("tests_corpus", "Released leaks as callables", summary(rows), rows, left_out(rows))


def summary(rows: list[dict[str, Any]]) -> list[Row]:
    """How many leaky releases are found and how many fixed ones are ok, and each answer that is not as expected.

    A fixed release that still grows slowly, as its case says, may be called both.
    """
    judged = [row for row in rows if not row["answer"].startswith(_LEFT_OUT)]
    leaky = [row for row in judged if row["expected"] == "leak"]
    fixed = [row for row in judged if row["expected"] == "ok"]
    return [
        Row("leaky releases found", f"{_count(leaky, 'leak')} of {len(leaky)}", "all"),
        Row("fixed releases called a leak", f"{_count(fixed, 'leak')} of {len(fixed)}", "none"),
        Row("fixed releases that are ok", f"{_count(fixed, 'ok')} of {len(fixed)}", "all"),
        Row("median time for a leaky release, with start and explanation", _median(leaky)),
        Row("median time for a fixed release, with start", _median(fixed)),
        *(
            Row(f"{row['case']}", f"{row['answer']}: {row['said']}", row["expected"])
            for row in judged
            if row["answer"] not in row["expected"].split(" or ")
        ),
    ]


def _median(rows: list[dict[str, Any]]) -> str:
    timed = [(row["seconds"], row["processor_s"]) for row in rows if "processor_s" in row]
    if not timed:
        return "not measured"
    seconds, processor_s = (median(values) for values in zip(*timed, strict=True))
    return f"{seconds:.1f} s ({processor_s:.1f} s of processor time; {len(timed)} releases)"


def left_out(rows: list[dict[str, Any]]) -> list[str]:
    """The cases that were not judged, and why."""
    return [f"{row['case']}: {row['answer'][len(_LEFT_OUT) :]}" for row in rows if row["answer"].startswith(_LEFT_OUT)]


def _count(rows: list[dict[str, Any]], answer: str) -> int:
    return sum(row["answer"] == answer for row in rows)


def _judge(case: Case) -> dict[str, Any]:
    try:
        source = as_callable(case.script.read_text(encoding="utf-8"))
        python = python_for(case)
    except (MissingError, NoLoopError) as missing:
        return {"answer": f"{_LEFT_OUT}{missing}"}
    with tempfile.TemporaryDirectory(prefix="corpus-") as folder:
        Path(folder, "driver_op.py").write_text(source, encoding="utf-8")
        out = Path(folder, "results.json")
        started, processor_s = time.monotonic(), children_cpu_s()
        subprocess.run(
            [sys.executable, "-m", "leakgate", "call", "driver_op:op", "--python", python, "--quiet", "--json", out],
            cwd=folder,
            capture_output=True,
            check=False,
        )
        script = json.loads(out.read_text(encoding="utf-8"))["scripts"][0]
    test = script["tests"][0] if script["tests"] else {}
    return {
        "answer": test.get("answer", script["verdict"]),
        "said": test.get("message") or script["reason"],
        "calls": test.get("repetitions", 0),
        "seconds": round(time.monotonic() - started, 1),
        "processor_s": round(children_cpu_s() - processor_s, 1),
    }


if __name__ == "__main__":
    main()
