"""What the catalog lists and what the folders of the package show are the same views."""

from __future__ import annotations

from importlib.resources import files

from projections.catalog import PROJECTIONS
from projections.identity.view import IdentityView
from tests.tidy import NO_VIEWS

VIEWS = {view().name: view for view in PROJECTIONS}
PACKAGE = files("projections")


def test_every_folder_is_a_view_and_every_view_a_folder() -> None:
    """Whoever opens the package sees which views there are."""
    folders = {item.name for item in PACKAGE.iterdir() if (item / "__init__.py").is_file()}
    assert folders - {*NO_VIEWS} == {IdentityView.name, *VIEWS}


def test_every_view_stands_in_the_folder_of_its_name_beside_its_tables() -> None:
    """A view is a unit: what it is called, where it is folded, what tables it has."""
    for name, view in VIEWS.items():
        assert view().sql == (PACKAGE / name / "tables.sql").read_text("utf-8")
        assert type(view()).__module__ == f"projections.{name}.view"
