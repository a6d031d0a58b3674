"""The ordinary test that keeps the style, and the proof that it notices what it should."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from eventsourcing.domain import CanMutateAggregate

import domain.events
import eventlog
from tests import tidy
from tests.tidy import PACKAGES, RULES, Module, modules, parsed

ROOT = Path(__file__).parent.parent
OURS = modules(ROOT)
Rule = Callable[[Module], Iterator[str]]

GOOD = '"""What it is for."""\n'
FUNCTION_61_LINES = "def f():\n" + "    x = 1\n" * 60
PLANTED: list[tuple[Rule, str, str]] = [
    (tidy.imports_go_one_way, "domain/a.py", "import eventlog"),
    (tidy.imports_go_one_way, "domain/a.py", "def f():\n    from eventlog.log import Log"),
    (tidy.imports_go_one_way, "consumers/a.py", "from projections import story"),
    (tidy.imports_go_one_way, "projections/a.py", "import consumers.intake"),
    (tidy.imports_go_one_way, "decisions/a.py", "from projections import story"),
    (tidy.imports_go_one_way, "projections/a.py", "import decisions.decisions"),
    (tidy.imports_go_one_way, "readers/a.py", "from eventlog import log"),
    (tidy.imports_go_one_way, "audit/a.py", "from projections.story import x"),
    (tidy.imports_go_one_way, "audit/a.py", "from eventlog.append import x"),
    (tidy.imports_go_one_way, "audit/a.py", "from eventlog import append"),
    (tidy.imports_go_one_way, "eventlog/a.py", "import cli.settings"),
    (tidy.imports_go_one_way, "cli/a.py", "import tests.given"),
    (tidy.views_stand_below_what_moves_them, "projections/a/view.py", "import projections.runner"),
    (
        tidy.views_stand_below_what_moves_them,
        "projections/a/b.py",
        "from projections import catalog",
    ),
    (
        tidy.closed_folders_are_not_known_beside_them,
        "consumers/intake.py",
        "from consumers.topics.hauls import Haul",
    ),
    (
        tidy.closed_folders_are_not_known_beside_them,
        "consumers/topics/a.py",
        "from consumers import over_http",
    ),
    (
        tidy.closed_folders_are_not_known_beside_them,
        "audit/signer.py",
        "from audit.verification.scan import scan",
    ),
    (
        tidy.closed_folders_are_not_known_beside_them,
        "audit/export/check.py",
        "from audit.exported.verify import Check",
    ),
    (
        tidy.closed_folders_are_not_known_beside_them,
        "readers/pages/a.py",
        "from readers.routes import customers",
    ),
    (tidy.formats_stand_alone, "audit/formats/a.py", "from audit.tree import stored_tree"),
    (tidy.formats_stand_alone, "audit/formats/a.py", "import psycopg2"),
    (tidy.domain_is_pure, "domain/a.py", "import psycopg2"),
    (tidy.domain_is_pure, "domain/a.py", "from eventsourcing.persistence import Mapper"),
    (tidy.domain_is_pure, "domain/a.py", "from random import choice"),
    (tidy.domain_is_pure, "domain/a.py", "x = datetime.now(UTC)"),
    (tidy.domain_is_pure, "domain/a.py", "x = open('file')"),
    (tidy.files_are_short, "cli/a.py", "x = 1\n" * 351),
    (tidy.files_are_short, "tests/a.py", "x = 1\n" * 701),
    (tidy.functions_are_short, "cli/a.py", FUNCTION_61_LINES),
    (tidy.functions_are_short, "tests/a.py", FUNCTION_61_LINES),
    (tidy.parameters_are_few, "cli/a.py", "def f(a, b, c): ..."),
    (tidy.parameters_are_few, "cli/a.py", "class A:\n    def f(self, a, b, c): ..."),
    (tidy.parameters_are_few, "cli/a.py", "class A:\n    def __init__(self, a, b, c): ..."),
    (tidy.parameters_are_few, "cli/a.py", "def f(a, b, *, c, d, e, f): ..."),
    (tidy.names_say_something, "cli/utils.py", GOOD),
    (tidy.names_say_something, "cli/helpers/a.py", GOOD),
    (tidy.names_say_something, "cli/json.py", GOOD),
    (tidy.modules_say_what_they_are_for, "cli/a.py", "x = 1"),
    (tidy.modules_say_what_they_are_for, "cli/a.py", '"""' + "line\n" * 6 + '"""'),
    (tidy.nothing_is_left_to_do, "cli/a.py", "x = 1  # TO" + "DO later"),
    (tidy.tests_are_not_skipped, "tests/a.py", "import pytest\npytest.skip('')"),
    (tidy.tests_are_not_skipped, "tests/a.py", "@pytest.mark.xfail\ndef test_a(): ..."),
    (tidy.tests_are_not_skipped, "tests/a.py", "@pytest.mark.skipif(True)\ndef test_a(): ..."),
    (tidy.only_commands_print, "domain/a.py", "print(1)"),
    (tidy.only_commands_read_the_environment, "eventlog/a.py", "x = os.environ['A']"),
    (tidy.only_commands_read_the_environment, "eventlog/a.py", "from os import getenv"),
]
ALLOWED: list[tuple[str, str]] = [
    ("readers/a.py", "from projections import story\nfrom audit import verify"),
    ("projections/a/b.py", "from projections.a.queries import look_up"),
    ("projections/rebuild/a.py", "from projections.catalog import new_units"),
    ("consumers/topics/a.py", "from consumers.topics.b import c\nfrom consumers import intake"),
    ("audit/a.py", "from eventlog.read import LogReader"),
    ("decisions/a.py", "from eventlog.factory import EventLogFactory"),
    ("domain/a.py", "from eventsourcing.domain import Aggregate\nimport pydantic"),
    ("domain/a.py", "from domain.event import Event\nfrom . import b"),
    ("cli/a.py", "def f(a, b, *, c, d, e): ..."),
    ("cli/a.py", "@app.command()\ndef f(a, b, c, d, e, f): ..."),
    ("cli/commands/a.py", "def import_(a, b, c, d): ..."),
    ("cli/a.py", "import os\nprint(os.environ)"),
    ("tests/a.py", "def test_a(a, b, c, d): ..."),
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_rule_holds_everywhere(rule: Rule) -> None:
    """Each finding is path:line and what is wrong there."""
    found = [f"{module.path}:{found}" for module in OURS for found in rule(module)]
    assert not found, "\n".join(found)


def test_nine_functions_in_ten_are_short() -> None:
    """The hard limit is for exceptions."""
    assert tidy.usual_share(OURS) >= tidy.FUNCTIONS_USUAL_SHARE


@pytest.mark.parametrize(("rule", "path", "source"), PLANTED)
def test_a_planted_violation_is_noticed(rule: Rule, path: str, source: str) -> None:
    """A rule that finds nothing anywhere keeps nothing."""
    assert list(rule(parsed(path, source)))


def test_every_rule_has_a_planted_violation() -> None:
    """A new rule comes with the proof that it can fail."""
    assert {rule for rule, _, _ in PLANTED} == set(RULES)


@pytest.mark.parametrize(("path", "source"), ALLOWED)
def test_what_is_allowed_is_not_noticed(path: str, source: str) -> None:
    """A rule that finds too much is soon switched off."""
    module = parsed(path, GOOD + source)
    assert [found for rule in RULES for found in rule(module)] == []


def test_planted_files_are_found_on_disk(tmp_path: Path) -> None:
    """The walk over the folders sees files at any depth."""
    deep = tmp_path / "domain" / "events" / "deep"
    deep.mkdir(parents=True)
    (deep / "planted.py").write_text("import eventlog\n")
    (found,) = modules(tmp_path)
    assert list(tidy.imports_go_one_way(found)) == ["1: domain must not import eventlog"]


def test_exceptions_name_what_exists() -> None:
    """An exception outlives its reason quickly."""
    paths = {module.path for module in OURS}
    names = {f"{module.path}:{f.name}" for module in OURS for f in module.functions()}
    assert set(tidy.NAMED_LIKE_OTHERS) <= paths
    assert set(tidy.PARAMETERS_OF_OTHERS) <= names
    assert tidy.PUTS_TOGETHER in paths
    closed = {f"{top}/{name}" for top, names in tidy.CLOSED_FOLDERS.items() for name in names}
    assert closed <= {path.rpartition("/")[0] for path in paths}


def test_every_event_class_names_its_topic() -> None:
    """A topic derived from a class's name would change when the class is renamed."""
    assert domain.events.EVENT_TYPES
    unnamed = [cls for cls in domain.events.EVENT_TYPES.values() if "TOPIC" not in vars(cls)]
    assert unnamed == []


def test_every_event_of_an_aggregate_names_its_topic() -> None:
    """What the library stores is found again by its topic alone."""
    assert eventlog.__name__
    ours = [cls for cls in _below(CanMutateAggregate) if cls.__module__.split(".")[0] in PACKAGES]
    assert [cls for cls in ours if "TOPIC" not in vars(cls)] == []


def _below(cls: type) -> Iterator[type]:
    for sub in cls.__subclasses__():
        yield sub
        yield from _below(sub)
