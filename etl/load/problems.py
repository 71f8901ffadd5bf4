"""The steps of runs and the problems they meet: one spelling of each code, and what a person does about it.

The codes of errors stand with their classes; a row, course, file or message that is rejected as a whole has its reason
code (etl.transform.reasons).
"""

from typing import Final, Literal

# What the steps of the flows are called: plan (ask what there is, bring up to date what is due), land (poll and store),
# drop (take files into the inbox), derive (from what is stored to what is recorded), award (give competences), account
# (of a target, whether it is accepted), push (send what is due), preview (what a dry run would send), run (the whole).
StepName = Literal["plan", "land", "drop", "derive", "award", "account", "push", "preview", "run"]

COUNTS_DIFFER: Final = "counts_differ"  # rows were lost, or counted twice
BROKEN_OFF: Final = "broken_off"  # by an error that this program does not raise on purpose
STOPPED: Final = "stopped"  # by a person

_WHAT_TO_DO: Final = {
    "retry_later": "nothing, if it happens once: the next run asks again; look at the system if it stays",
    "give_up": "change what the sentence names, then clear the run's failed tasks or start it again",
    "connection_missing": "enter the connection that the sentence names, then clear the run's failed tasks or start it"
    " again; what waits for it is kept",
    "account_refused": "correct the account's key in its connection, then clear the run's failed tasks; until then its"
    " rows wait",
    "invalid_input": "correct what the sentence names, then start the run again",
    "unusable_answer": "nothing, if it happens once: the next run asks again; else look at what the system answers",
    "not_taken": "ask the sender to correct what the sentence names, and to send it again",
    "database": "mend what the sentence names, then start the run again",
    COUNTS_DIFFER: "run it again with full; if it stays, report it with the run's id: it is a fault of this program",
    BROKEN_OFF: "start the run again; if it stays, report it with the run's id: it is a fault of this program",
    STOPPED: "nothing: the next run does what this one left; start it again where it is wanted sooner",
    "outcome_unknown": "nothing, if it happens once: the next run settles it; else look at what is unknown, and"
    " settle it, with the commands of the system that it was sent to",
}
CODES: Final = frozenset(_WHAT_TO_DO)
_ELSE: Final = "look at what the sentence names; everything else of this run was recorded"


def what_to_do(code: str) -> str:
    """The next thing that a person does about a problem of this kind; a reason code is of what was left out."""
    return _WHAT_TO_DO.get(code, _ELSE)
