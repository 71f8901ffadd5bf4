"""What a connector says of itself; the list of them is etl.connectors.registry, from which the rest follows.

What takes long to import is named as ``module:name`` and imported when it is asked for.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from etl.connections import Connection
from etl.files.columns import File
from etl.files.kinds import Kind
from etl.files.rules import Rule
from etl.transform.mending import Place, RowKey


@dataclass(frozen=True)
class Pool:
    """How many calls to the system run at the same time, until the administrator changes it in Airflow."""

    name: str
    slots: int
    description: str


@dataclass(frozen=True)
class Flow:
    """A flow: a module as etl.engine.night describes it, and what a person can ask of its runs."""

    name: str
    module: str
    of_courses: bool = False  # it can be run for certain courses
    of_nights: bool = True  # it can derive past nights again
    again: bool = False  # its module's ``again`` derives or plans anew from what the warehouse holds
    after_import: bool = False  # new reference data set it off where its module's ``is_used`` says so


@dataclass(frozen=True)
class Mount:
    """Where a system's senders find us: ``app``, a function that makes an application, below ``path``.

    ``asset``: what is told, in Airflow, that messages came in. The application has no login of Airflow before it.
    """

    path: str
    title: str
    app: str
    asset: str


@dataclass(frozen=True)
class Connector:
    """An outside system. ``system`` is its name in sources.csv, of its connection type and of its folders.

    ``form``: its connection in Airflow (see etl.engine.connection_form). ``check``: the test of a connection.
    ``pool``: of a system that is called. ``mounts``: where it finds us, if it sends; ``sender``: what its signed
    messages say (etl.engine.webhooks.receiver). ``unit_results``: its sources say in sources.csv how results of units
    are recorded. ``completions``: who completed a course is recorded, which points follow from. ``reports``: its
    completions are those of an integration (integrations.csv), from which registrations follow. ``course_id``,
    ``user_id``: how its ids look in reference files, the latter in client_numbers.csv under ``<system>:<source>``.
    ``number_rules``, ``unused_numbers`` (reason by scheme): of its numbers there. ``integration_rules``: of its lines
    in integrations.csv. ``doubts``: what of an import is perhaps not meant (by the set's frames and the warehouse).
    ``reasons``: sentences of reason codes that only it has; ``mended``: where they are, and what it means by a code of
    several; ``row_keys``: keys of the kinds of rejected rows that only it has. ``answers``: the landed answers that a
    completion which it reports was read of, for *why?* (by session and number). ``address``: of a connection.
    ``people``, ``people_of_messages``: whose is which part of its answers, and of messages about several
    (etl.engine.people).
    """

    system: str
    title: str
    form: Mapping[str, Any]
    check: str
    pool: Pool | None = None
    flows: tuple[Flow, ...] = ()
    mounts: tuple[Mount, ...] = ()
    sender: str = ""
    is_source: bool = True
    unit_results: bool = False
    completions: bool = False
    reports: bool = False
    course_id: Kind | None = None
    user_id: Kind | None = None
    files: tuple[File, ...] = ()
    number_rules: tuple[Rule, ...] = ()
    integration_rules: tuple[Rule, ...] = ()
    unused_numbers: Mapping[str, str] = field(default_factory=dict)
    commands: Mapping[str, str] = field(default_factory=dict)
    reasons: Mapping[str, str] = field(default_factory=dict)
    mended: Mapping[str, Place] = field(default_factory=dict)
    row_keys: Mapping[str, RowKey] = field(default_factory=dict)
    doubts: str = ""
    answers: str = ""
    people: str = ""
    people_of_messages: str = ""
    address: Callable[[Connection], str] = Connection.site

    @property
    def hook(self) -> str:
        """The name of its class among Airflow's hooks."""
        return "".join(part.title() for part in self.system.split("_")) + "Hook"


def load(reference: str) -> Any:
    """What ``module:name`` names."""
    module, _, name = reference.partition(":")
    return getattr(import_module(module), name)
