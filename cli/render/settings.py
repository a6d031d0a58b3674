"""The settings as a person reads them: variable, value, meaning."""

from rich.console import Group, RenderableType
from rich.text import Text

from cli.render.sheet import BOLD, DIM, columns
from cli.settings import Settings, variable
from domain.sentences.words import plain


def settings_sheet(settings: Settings) -> RenderableType:
    """Return every setting by its environment variable, the meaning below."""
    values = settings.masked()
    meanings = {
        variable(name): field.description or "" for name, field in Settings.model_fields.items()
    }
    rows = []
    for name, value in values.items():
        said = Text(plain(value) or "(not set)", BOLD if value else DIM)
        rows.append((name, said.append(f"\n{meanings[name]}", DIM)))
    return Group(*columns(rows))
