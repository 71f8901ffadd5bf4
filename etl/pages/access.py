"""Who may open which page: the one place that says so (docs/pages.md, Who may what).

A page of counts and reasons needs ``see``; one that names people, or ids of theirs, needs ``persons``.
"""

from typing import Any

from fastapi import Depends, HTTPException, Request

from etl.pages.host import PagesHost, Right, Visitor

RIGHTS = {
    "tonight": Right.SEE,
    "run": Right.SEE,
    "results": Right.PERSONS,
    "results/change": Right.CHANGE,
    "download": Right.SEE,
    "download/run": Right.RUN,
    "mapping": Right.SEE,
    "mapping/change": Right.CHANGE,
    "competences": Right.SEE,
    "competences/change": Right.CHANGE,
    "competence-holders": Right.PERSONS,
    "competence-holders/change": Right.CHANGE,
    "registrations": Right.PERSONS,
    "registrations/change": Right.CHANGE,
    "integration": Right.PERSONS,
    "integration/change": Right.CHANGE,
    "points": Right.PERSONS,
    "points/account": Right.CHANGE,
    "accreditations": Right.PERSONS,
    "accreditation": Right.PERSONS,
    "accreditation/change": Right.CHANGE,
    "profession-group": Right.PERSONS,
    "profession-group/change": Right.CHANGE,
    "point": Right.PERSONS,
    "point/decide": Right.CHANGE,
    "relation-numbers": Right.PERSONS,
    "relation-numbers/enter": Right.CHANGE,
    "enrolments": Right.PERSONS,
    "enrolments/change": Right.CHANGE,
    "person": Right.PERSONS,
    "erase": Right.ADMIN,
    "erasing": Right.ADMIN,
    "erasure": Right.ADMIN,
    "erasure/lift": Right.ADMIN,
    "erasures": Right.ADMIN,
    "why": Right.PERSONS,
    "reference-data": Right.PERSONS,
    "reference-data/change": Right.CHANGE,
    "reference-row": Right.PERSONS,
    "reference-row/change": Right.CHANGE,
    "rejections": Right.PERSONS,
    "rejections/dismiss": Right.CHANGE,
    "schools": Right.PERSONS,
    "schools/change": Right.CHANGE,
}


def visitor_of(host: PagesHost, page: str) -> Any:
    """A dependency: the visitor, who has the right that this page needs. Answers 403 else."""
    needed = RIGHTS[page]

    def allowed(request: Request, visitor: Visitor = Depends(host.visitor)) -> Visitor:  # noqa: B008
        request.state.visitor = visitor
        if needed not in visitor.rights:
            raise HTTPException(403, f"This needs the right to {_WORDS[needed]}: ask the administrator.")
        return visitor

    return Depends(allowed)


_WORDS = {
    Right.SEE: "see the DAGs of this product",
    Right.PERSONS: "see what is kept of people",
    Right.CHANGE: "change what is recorded",
    Right.RUN: "start and stop runs of the flows",
    Right.ADMIN: "administer everything here, as the role Admin has it",
}
