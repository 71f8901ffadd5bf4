"""What a site that is written to keeps besides what it shows: the truth that tests compare with."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any


@dataclass
class KeptEnrolment:
    """A manual enrolment as the site has it; status and times are shown to nobody."""

    suspended: bool = False
    timestart: int = 0
    timeend: int = 0

    def active(self, now: int) -> bool:
        """May who has it enter the course now?"""
        return not self.suspended and self.timestart <= now and (self.timeend == 0 or now < self.timeend)


@dataclass
class Books:
    """``mailed``: who was mailed a way in, rolled back or not. ``lacking``: functions that the role may not use."""

    enrolments: dict[tuple[int, int], KeptEnrolment] = field(default_factory=dict)  # by course and user
    middle_names: dict[int, str] = field(default_factory=dict)
    mailed: list[str] = field(default_factory=list)  # addresses
    imports: list[tuple[int, int]] = field(default_factory=list)
    last_account: int = 0
    created: Counter[str] = field(default_factory=Counter)
    lacking: set[str] = field(default_factory=set)
    admins: frozenset[int] = frozenset({2})
    auth_methods: frozenset[str] = frozenset({"manual", "oidc", "nologin"})
    shows_debuginfo: bool = True
    extended_usernames: bool = False
    same_email_allowed: bool = False

    def shown(self) -> dict[str, Any]:
        """As JSON, for whoever looks from another process."""
        return {
            "enrolments": [
                {"courseid": course, "userid": user, **vars(kept)}
                for (course, user), kept in sorted(self.enrolments.items())
            ],
            "mailed": self.mailed,
            "imports": self.imports,
            "created": dict(self.created),
        }
