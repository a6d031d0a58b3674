"""What every test may ask for: a database of its own on a real PostgreSQL.

The server is the embedded one, shared by the workers of a run; TOLDONCE_TEST_DATABASE_URL names
another.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from cli.embedded import embedded_postgres
from tests.databases import FAST, Databases

EXTERNAL = "TOLDONCE_TEST_DATABASE_URL"
FOLDER = pytest.StashKey[Path]()

# Loaded machines are slow at random: time is measured by the benchmarks, not by examples.
QUIET = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("default", max_examples=50, **QUIET)
settings.register_profile("ci", max_examples=500, print_blob=True, **QUIET)
# A round of `make soak`: always of other examples, also where CI would repeat the same.
settings.register_profile("soak", settings.get_profile("ci"), derandomize=False)
settings.load_profile(
    os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI") else "default")
)


def pytest_configure(config: pytest.Config) -> None:
    """Give all processes of this run one folder."""
    shared = getattr(config, "workerinput", {}).get("folder")
    # Not below pytest's own folder: every run closes that to the account of root's server.
    config.stash[FOLDER] = Path(shared or tempfile.mkdtemp(prefix="toldonce-tests-"))


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker where the run's folder is."""
    node.workerinput["folder"] = str(node.config.stash[FOLDER])


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove what the run left, once its workers have ended."""
    if hasattr(config, "workerinput"):
        return
    if (config.stash[FOLDER] / "template").exists() and EXTERNAL in os.environ:
        Databases(os.environ[EXTERNAL], folder=config.stash[FOLDER]).drop_template()
    shutil.rmtree(config.stash[FOLDER], ignore_errors=True)


@pytest.fixture(scope="session")
def databases(pytestconfig: pytest.Config) -> Iterator[Databases]:
    """Lend databases of the run's server."""
    folder = pytestconfig.stash[FOLDER]
    if EXTERNAL in os.environ:
        yield Databases(os.environ[EXTERNAL], folder=folder)
        return
    with embedded_postgres(folder, settings=FAST) as server:
        yield Databases(server.url("postgres"), folder=folder)


@pytest.fixture(scope="session")
def migrated_databases(databases: Databases) -> Databases:
    """Lend databases, with the template of a migrated log made."""
    databases.ensure_template()
    return databases


@pytest.fixture
def database_url(migrated_databases: Databases) -> Iterator[str]:
    """Lend a database of the test's own with a migrated, empty log."""
    with migrated_databases.migrated() as url:
        yield url


@pytest.fixture
def empty_database_url(databases: Databases) -> Iterator[str]:
    """Lend an empty database of the test's own."""
    with databases.empty() as url:
        yield url
