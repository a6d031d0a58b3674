"""The rules of the house, each a function from a parsed module to what it finds wrong there."""

import ast
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

PACKAGES = (
    "domain",
    "eventlog",
    "decisions",
    "consumers",
    "projections",
    "readers",
    "audit",
    "cli",
)
MAY_IMPORT = {
    "domain": frozenset[str](),
    "eventlog": frozenset({"domain"}),
    "decisions": frozenset({"eventlog", "domain"}),
    "consumers": frozenset({"eventlog", "domain"}),
    "projections": frozenset({"eventlog", "domain"}),
    "readers": frozenset({"projections", "audit", "domain"}),
    "audit": frozenset({"eventlog", "domain"}),
    "cli": frozenset(PACKAGES),
}
# What writes: whoever verifies the log must not depend on whoever wrote it.
WRITE_PATH = ("append", "drafts", "factory", "log", "migrate", "recorders", "rows")
# What moves views on, or asks several: a view stands below all of it.
ABOVE_VIEWS = (
    *("at_once", "catalog", "projector", "queries", "rebuild", "resolving", "runner", "search"),
)
NO_VIEWS = ("rebuild",)
# Folders that nothing beside them knows: each stands on what its package shares.
CLOSED_FOLDERS = {
    "consumers": ("over_http", "publishing", "topics"),
    "audit": ("export", "exported", "verification"),
    "readers": ("pages", "routes"),
}
FORMATS = "audit/formats"
FORMATS_MAY_IMPORT = ("audit.errors", "audit.formats", "eventlog.merkle")
PUTS_TOGETHER = "readers/app.py"
DOMAIN_MAY_IMPORT = ("msgspec", "pydantic", "pydantic_core", "eventsourcing.domain", "phonenumbers")
IMPURE_MODULES = frozenset(
    [
        "asyncio",
        "io",
        "logging",
        "os",
        "pathlib",
        "random",
        "secrets",
        "shutil",
        "signal",
        "socket",
        "subprocess",
        "tempfile",
        "threading",
        "time",
    ]
)
IMPURE_CALLS = frozenset(["open", "print", "input", "now", "utcnow", "today", "uuid1", "uuid4"])

FILE_LINES_MAX = 350
TEST_FILE_LINES_MAX = 700
FUNCTION_LINES_MAX = 60
FUNCTION_LINES_USUAL = 25
FUNCTIONS_USUAL_SHARE = 0.9
PARAMETERS_MAX = 5
POSITIONAL_MAX = 2
DOCSTRING_LINES_MAX = 5

VAGUE_NAMES = frozenset(["utils", "common", "core", "helpers", "services", "managers", "base"])
NAMED_LIKE_OTHERS = {
    "domain/events/calendar.py": "one module per family of events, named as the family",
}
FOREIGN_NAMES = frozenset(sys.stdlib_module_names) | frozenset(
    [
        "eventsourcing",
        "fastapi",
        "kafka",
        "phonenumbers",
        "platformdirs",
        "psutil",
        "psycopg2",
        "pydantic",
        "pydantic_settings",
        "pytest",
        "rich",
        "typer",
        "uvicorn",
    ]
)
PARAMETERS_OF_OTHERS = {
    "eventlog/recorders.py:select_notifications": "the library's ApplicationRecorder",
    "eventlog/subscription.py:__init__": "the library's Subscription",
}
"""Functions whose parameters a library prescribes, as path:name, each with its reason."""
INTERFACE_DECORATORS = frozenset(
    [
        "command",
        "callback",
        "get",
        "post",
        "put",
        "delete",
        "patch",
        "exception_handler",
        "middleware",
    ]
)
COMMANDS = "cli/commands/"
MAY_SKIP = "tests/needed.py"
UNFINISHED = re.compile(r"\b(TO" r"DO|FIX" r"ME)\b")

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Module:
    """One Python file, parsed."""

    path: str
    text: str
    tree: ast.Module

    @property
    def package(self) -> str:
        """Return the top-level folder."""
        return PurePosixPath(self.path).parts[0]

    @property
    def test(self) -> bool:
        """Say whether the file belongs to the tests."""
        return self.package == "tests"

    def functions(self) -> Iterator[Function]:
        """Yield every function and method, nested ones too."""
        for node in ast.walk(self.tree):
            if isinstance(node, Function):
                yield node


def modules(root: Path) -> list[Module]:
    """Parse every Python file of the packages, tests and benchmarks below `root`."""
    folders = [root / name for name in (*PACKAGES, "tests", "bench")]
    paths = sorted(path for folder in folders for path in folder.rglob("*.py"))
    return [parsed(path.relative_to(root).as_posix(), path.read_text("utf-8")) for path in paths]


def parsed(path: str, text: str) -> Module:
    """Return a module from its path and text."""
    return Module(path, text, ast.parse(text))


def imports_go_one_way(module: Module) -> Iterator[str]:
    """Find imports against the direction that the design allows."""
    if module.package not in MAY_IMPORT:
        return
    allowed = MAY_IMPORT[module.package] | {module.package}
    for line, name in _imports(module):
        top = name.split(".")[0]
        if top in (*PACKAGES, "tests", "bench") and top not in allowed:
            yield f"{line}: {module.package} must not import {name}"
        if module.package == "audit" and name.startswith("eventlog.") and _writes(name):
            yield f"{line}: audit must not import the write path, {name}"


def views_stand_below_what_moves_them(module: Module) -> Iterator[str]:
    """Find views that know the projector, the catalog, or who asks several views."""
    package, *folders, _ = PurePosixPath(module.path).parts
    if package != "projections" or not folders or folders[0] in NO_VIEWS:
        return
    above = tuple(f"projections.{name}" for name in ABOVE_VIEWS)
    for line, name in _imports(module):
        if _within(name, above):
            yield f"{line}: a view must not import {name}"


def closed_folders_are_not_known_beside_them(module: Module) -> Iterator[str]:
    """Find modules of a package that know a folder of it which is for other packages alone."""
    if module.path == PUTS_TOGETHER:
        return
    package, *folders, _ = PurePosixPath(module.path).parts
    others = [name for name in CLOSED_FOLDERS.get(package, ()) if name not in folders[:1]]
    for line, name in _imports(module):
        if _within(name, tuple(f"{package}.{folder}" for folder in others)):
            yield f"{line}: {name} is not known beside its folder"


def formats_stand_alone(module: Module) -> Iterator[str]:
    """Find formats of proofs that know more than other formats: a checker needs nothing else."""
    if PurePosixPath(module.path).parent.as_posix() != FORMATS:
        return
    for line, name in _imports(module):
        is_ours = name.split(".")[0] in PACKAGES
        if name.split(".")[0] == "psycopg2" or (is_ours and not _within(name, FORMATS_MAY_IMPORT)):
            yield f"{line}: a format must not import {name}"


def domain_is_pure(module: Module) -> Iterator[str]:
    """Find what the domain must not know: other libraries, I/O, the clock, chance."""
    if module.package != "domain":
        return
    for line, name in _imports(module):
        top = name.split(".")[0]
        foreign = top not in sys.stdlib_module_names and top not in PACKAGES
        if top in IMPURE_MODULES or (foreign and not _within(name, DOMAIN_MAY_IMPORT)):
            yield f"{line}: domain must not import {name}"
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call) and _name(node.func) in IMPURE_CALLS:
            yield f"{node.lineno}: domain must not call {_name(node.func)}"


def files_are_short(module: Module) -> Iterator[str]:
    """Find files over the limit."""
    limit = TEST_FILE_LINES_MAX if module.test else FILE_LINES_MAX
    lines = module.text.count("\n")
    if lines > limit:
        yield f"1: {lines} lines, at most {limit}"


def functions_are_short(module: Module) -> Iterator[str]:
    """Find functions over the hard limit."""
    for function in module.functions():
        if _lines(function) > FUNCTION_LINES_MAX:
            yield f"{function.lineno}: {function.name} has {_lines(function)} lines"


def parameters_are_few(module: Module) -> Iterator[str]:
    """Find functions with too many parameters, or with positional ones after the second."""
    if module.test:
        return
    for function in module.functions():
        if _prescribed(module, function):
            continue
        positional, all_of_them = _parameters(function)
        if all_of_them > PARAMETERS_MAX:
            yield f"{function.lineno}: {function.name} has {all_of_them} parameters"
        if positional > POSITIONAL_MAX:
            yield f"{function.lineno}: {function.name} has {positional} positional parameters"


def names_say_something(module: Module) -> Iterator[str]:
    """Find modules with names that fit anything, or that belong to a library."""
    parts = PurePosixPath(module.path).with_suffix("").parts
    for part in parts:
        if part in VAGUE_NAMES:
            yield f"1: {part} says nothing"
    if parts[-1] in FOREIGN_NAMES and module.path not in NAMED_LIKE_OTHERS:
        yield f"1: {parts[-1]} is the name of a library"


def modules_say_what_they_are_for(module: Module) -> Iterator[str]:
    """Find modules that do not open with one to five lines of what they are for."""
    docstring = ast.get_docstring(module.tree)
    lines = len(docstring.splitlines()) if docstring else 0
    if not 1 <= lines <= DOCSTRING_LINES_MAX:
        yield f"1: the module's docstring has {lines} lines"


def nothing_is_left_to_do(module: Module) -> Iterator[str]:
    """Find notes of work that was not done."""
    for number, line in enumerate(module.text.splitlines(), 1):
        if UNFINISHED.search(line):
            yield f"{number}: {line.strip()[:80]}"


def tests_are_not_skipped(module: Module) -> Iterator[str]:
    """Find tests that may quietly not run, other than for a missing service."""
    if not module.test or module.path == MAY_SKIP:
        return
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Attribute) and node.attr in _SKIPS and "pytest" in _dotted(node):
            yield f"{node.lineno}: {_dotted(node)}"


def only_commands_print(module: Module) -> Iterator[str]:
    """Find print outside the command line, the benchmarks and the tests."""
    if module.package in ("cli", "bench", "tests"):
        return
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call) and _dotted(node.func) == "print":
            yield f"{node.lineno}: print"


def only_commands_read_the_environment(module: Module) -> Iterator[str]:
    """Find a reading of the environment outside the composition root."""
    if module.package in ("cli", "bench", "tests"):
        return
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Attribute) and node.attr in _ENVIRONMENT:
            yield f"{node.lineno}: {_dotted(node)}"
        if isinstance(node, ast.ImportFrom) and node.module == "os":
            for alias in node.names:
                if alias.name in _ENVIRONMENT:
                    yield f"{node.lineno}: from os import {alias.name}"


RULES: tuple[Callable[[Module], Iterator[str]], ...] = (
    imports_go_one_way,
    views_stand_below_what_moves_them,
    closed_folders_are_not_known_beside_them,
    formats_stand_alone,
    domain_is_pure,
    files_are_short,
    functions_are_short,
    parameters_are_few,
    names_say_something,
    modules_say_what_they_are_for,
    nothing_is_left_to_do,
    tests_are_not_skipped,
    only_commands_print,
    only_commands_read_the_environment,
)
_SKIPS = frozenset(["skip", "skipif", "xfail", "importorskip"])
_ENVIRONMENT = frozenset(["environ", "environb", "getenv", "getenvb"])


def usual_share(found: list[Module]) -> float:
    """Return the share of functions that are no longer than functions usually are."""
    sizes = [_lines(function) for module in found for function in module.functions()]
    return sum(size <= FUNCTION_LINES_USUAL for size in sizes) / max(1, len(sizes))


def _imports(module: Module) -> Iterator[tuple[int, str]]:
    """Yield every imported name in full, also those imported inside functions."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            origin = _origin(module, node)
            yield from ((node.lineno, f"{origin}.{alias.name}") for alias in node.names)


def _origin(module: Module, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    folders = PurePosixPath(module.path).parts[: -node.level]
    return ".".join((*folders, node.module) if node.module else folders)


def _writes(name: str) -> bool:
    return name.split(".")[1] in WRITE_PATH


def _within(name: str, allowed: tuple[str, ...]) -> bool:
    return any(name == each or name.startswith(f"{each}.") for each in allowed)


def _lines(function: Function) -> int:
    return (function.end_lineno or function.lineno) - function.lineno + 1


def _prescribed(module: Module, function: Function) -> bool:
    """Say whether others decide on the parameters: the language, a library, the interface."""
    command = module.path.startswith(COMMANDS) and not function.name.startswith("_")
    special = function.name.startswith("__") and function.name != "__init__"
    listed = f"{module.path}:{function.name}" in PARAMETERS_OF_OTHERS
    decorators = (
        node.func if isinstance(node, ast.Call) else node for node in function.decorator_list
    )
    interface = any(_name(decorator) in INTERFACE_DECORATORS for decorator in decorators)
    return special or listed or command or interface


def _parameters(function: Function) -> tuple[int, int]:
    arguments = function.args
    positional = [arg.arg for arg in (*arguments.posonlyargs, *arguments.args)]
    if positional and positional[0] in ("self", "cls", "mcs"):
        positional = positional[1:]
    return len(positional), len(positional) + len(arguments.kwonlyargs)


def _name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def _dotted(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value)}.{node.attr}"
    return _name(node)
