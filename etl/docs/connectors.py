"""The page of the connectors: what each one says of itself, as docs/connectors/README.md."""

import json
from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any, Final

import typer
from typer.core import TyperGroup

from etl import places
from etl.connectors.registry import CONNECTORS
from etl.docs.markdown import anchor, cell, table
from etl.engine.connector import Connector, Flow, load

PAGE: Final = places.ROOT / "docs" / "connectors" / "README.md"
_ABOUT: Final = """# Connectors

Made from the list of connectors (`etl/connectors/registry.py`) by `etl docs connectors`; do not edit it here.

A connector is an outside system and a folder. Each has a page: what the system is, what it answers and leaves out, its
limits and errors, and what an administrator sets up there.
"""
_STANDARD: Final = {"host": "Host", "login": "Login", "password": "Password"}  # fields of every connection


def connectors_page() -> str:
    """The page for the connectors that there are."""
    overview = table(["system", "title", "what it is"], map(_overview, CONNECTORS))
    return "\n".join([_ABOUT, overview, "", *("\n".join(_section(one)) for one in CONNECTORS)])


def _overview(one: Connector) -> list[str]:
    return [f"`{one.system}`", f"[{one.title}](#{anchor(one.title)})", _what_it_is(one)]


def _what_it_is(one: Connector) -> str:
    said = import_module(f"etl.connectors.{one.system}.connector").__doc__ or ""
    return said.partition("\n")[0].rstrip(".")


def _section(one: Connector) -> Iterator[str]:
    yield f"## {one.title}\n\n[{_what_it_is(one)}]({one.system}.md).\n"
    yield f"- In `sources.csv`: {f'`{one.system}`' if one.is_source else 'no'}"
    if one.reports:
        yield f"- In `integrations.csv`: `{one.system}`"
    for flow in one.flows:
        yield f"- Flow: `{flow.name}`{_asked_of(flow)}"
    for mount in one.mounts:
        yield f"- Receives below `{mount.path}` of Airflow's API server, or of `etl serve`"
    if one.pool:
        yield f"- Pool: `{one.pool.name}`, {one.pool.slots} at first. {one.pool.description}"
    if one.files:
        named = ", ".join(
            f"[{file.filename}](../reference-files.md#{anchor(file.filename)})" for file in one.files
        )
        yield f"- Reference files of its own: {named}"
    yield f"\nIts connection in Airflow, type `{one.system}`:\n"
    yield table(["field", "kept in", "default", "what it says"], _fields(one.form))
    if one.commands:
        yield "\nIts commands:\n"
        yield table(["command", "what it does"], _commands(one.commands))
    yield ""


def _asked_of(flow: Flow) -> str:
    asked = ["certain courses"] * flow.of_courses + ["past nights"] * flow.of_nights
    return f"; may be run for {' and '.join(asked)}" if asked else ""


def _fields(form: Mapping[str, Any]) -> Iterator[list[str]]:
    behaviour = form["ui-field-behaviour"]
    labels = _STANDARD | behaviour.get("relabeling", {})
    for name in _STANDARD:
        if name not in behaviour.get("hidden-fields", []):
            yield [labels[name], name, "", cell(behaviour.get("placeholders", {}).get(name, ""))]
    for name, field in form.get("conn-fields", {}).items():
        schema = field["schema"]
        default = "" if schema.get("default") is None else json.dumps(schema["default"]).strip('"')
        said = " ".join(filter(None, [field["description"], _choices(schema.get("values_display", {}))]))
        yield [field["label"], f"extra `{name}`", f"`{default}`" * bool(default), cell(said)]


def _choices(words: Mapping[str, str]) -> str:
    """What the values mean, where they do not say so themselves."""
    return ", ".join(f"{value}: {meaning}" for value, meaning in words.items() if value != meaning)


def _commands(commands: Mapping[str, str]) -> Iterator[list[str]]:
    for name, reference in commands.items():
        yield from _below(f"etl {name}", typer.main.get_command(load(reference)))


def _below(words: str, command: Any) -> Iterator[list[str]]:
    if isinstance(command, TyperGroup):
        for name, one in command.commands.items():
            yield from _below(f"{words} {name}", one)
    else:
        yield [f"`{words}`", cell((command.help or "").partition("\n\n")[0])]
