"""What breaks, how it is mended, and what is red then: the table of docs/reruns.md, in three waves of all flows."""

import requests

from tests.e2e.product import COMPETENCES, NIGHT, PUPILS, PUSH

FORGOTTEN = (
    "delete from ops.derivations",
    "delete from core.unit_results",
    "delete from core.earned_competences",
    "delete from core.course_passes",
    "delete from core.test_result_versions",
)
OPENED = "update ops.outbox set status = 'pending' where status = 'accepted' and target = 'pe_online'"
REFUSE = "alter table {0} add constraint broken check (false) not valid"
ACCEPT = "alter table {0} drop constraint broken"
TABLES = ("core.unit_results", "core.earned_competences", "core.test_result_versions")
AT_ITS_BEGINNING = {
    NIGHT: {"batch.land", "batch.derive", "report", "loaded"},
    COMPETENCES: {"batch.land", "batch.derive", "award", "report"},
    PUPILS: {"poll_drops", "derive", "report"},
    PUSH: {"push", "report"},
}
UNPLANNED = {
    NIGHT: {"plan", *AT_ITS_BEGINNING[NIGHT]},
    COMPETENCES: {"plan", *AT_ITS_BEGINNING[COMPETENCES]},
    PUPILS: {"poll_drops", "derive", "report"},
    PUSH: {"plan", "push", "report"},
}
IN_THE_MIDDLE = {
    NIGHT: {"batch.derive", "report", "loaded"},
    COMPETENCES: {"award", "report"},
    PUPILS: {"derive", "report"},
    PUSH: {"push", "report"},
}


def break_the_beginning(product):
    for system in ("moodle", "infocaption"):
        fault = {"system": system, "kind": "forbidden", "count": None}
        requests.post(f"{product.sandbox}/control/faults", json=fault, timeout=10).raise_for_status()
    product.change(
        "insert into core.sources (source, system, connection_id, timezone)"
        " values ('iep_lvs', 'iep_lvs', 'iep_drop', 'Europe/Amsterdam')",
        "update core.profession_groups set connection_id = 'pe_new'",
    )


def mend_the_beginning(product):
    requests.delete(f"{product.sandbox}/control/faults", timeout=10).raise_for_status()
    drop = product.state / "drop"
    drop.mkdir()
    product.api.send(
        "POST", "connections", {"connection_id": "iep_drop", "conn_type": "iep_lvs", "host": str(drop)}
    )
    product.change("update core.profession_groups set connection_id = 'pe_online'")


def break_the_middle(product):
    product.change(*(REFUSE.format(table) for table in TABLES))
    fault = {"system": "pe", "kind": "forbidden", "count": None}
    requests.post(f"{product.sandbox}/control/faults", json=fault, timeout=10).raise_for_status()


def break_the_plans(product):
    product.change(
        "alter table ops.run_steps add constraint broken check (step not in ('plan', 'drop')) not valid"
    )


def mend_the_plans(product):
    product.change(ACCEPT.format("ops.run_steps"))


def mend_the_middle(product):
    product.change(*(ACCEPT.format(table) for table in TABLES))
    requests.delete(f"{product.sandbox}/control/faults", timeout=10).raise_for_status()
