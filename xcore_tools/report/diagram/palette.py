"""The colours of a picture, by day and by night, and the style sheet that uses them."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from string import Template

COLORS = 10
"""How many groups have a colour of their own; then they begin again."""

LIGHT: Mapping[str, str] = {
    "ground": "#f6f7f9",
    "card": "#ffffff",
    "border": "#cfd6df",
    "text": "#1c2430",
    "muted": "#667283",
    "line": "#8893a2",
    "accent": "#2f6fde",
    "pk": "#a16207",
    "fk": "#2f6fde",
    "uk": "#0f766e",
    "g0": "#2f6fde",
    "g1": "#c2410c",
    "g2": "#15803d",
    "g3": "#9333ea",
    "g4": "#0e7490",
    "g5": "#be185d",
    "g6": "#a16207",
    "g7": "#4d7c0f",
    "g8": "#4f46e5",
    "g9": "#57606a",
}

DARK: Mapping[str, str] = {
    "ground": "#10141b",
    "card": "#1a212b",
    "border": "#354051",
    "text": "#e4e9f0",
    "muted": "#94a1b3",
    "line": "#6d7a8c",
    "accent": "#6ea6ff",
    "pk": "#eab308",
    "fk": "#6ea6ff",
    "uk": "#2dd4bf",
    "g0": "#6ea6ff",
    "g1": "#fb923c",
    "g2": "#4ade80",
    "g3": "#c084fc",
    "g4": "#22d3ee",
    "g5": "#f472b6",
    "g6": "#facc15",
    "g7": "#a3e635",
    "g8": "#a5b4fc",
    "g9": "#aab4c0",
}


def asset(name: str) -> str:
    """The text of a file that belongs to this package, as a module does."""
    return resources.files(__package__).joinpath("assets", name).read_text("utf-8")


def style(colors: Mapping[str, str]) -> str:
    """The style sheet of a picture in these colours."""
    return Template(asset("picture.css")).substitute(colors)
