"""The pages inside Airflow: its login, its roles, its warehouse engine."""

from urllib.parse import urlsplit

from airflow.api_fastapi.app import get_auth_manager
from airflow.api_fastapi.auth.managers.base_auth_manager import BaseAuthManager, ResourceMethod
from airflow.api_fastapi.auth.managers.models.base_user import BaseUser
from airflow.api_fastapi.auth.managers.models.resource_details import (
    ConnectionDetails,
    DagAccessEntity,
    DagDetails,
)
from airflow.api_fastapi.core_api.security import GetUserDep
from airflow.sdk.configuration import conf
from learning_results_airflow import connect, warehouse_engine
from learning_results_runs import AirflowRuns

from etl.connectors.registry import FLOWS
from etl.engine.mounting import Asgi
from etl.pages.app import create
from etl.pages.host import PagesHost, Right, Visitor

# No team can be called so (a colon ends a name): only who needs no team to edit its connections may edit those.
_ANY_TEAM = ConnectionDetails(team_name="any:team")


def application() -> Asgi:
    """All pages, for whoever is signed in to this Airflow."""
    path = urlsplit(conf.get("api", "base_url", fallback="")).path.rstrip("/")
    secret = conf.get("api", "secret_key")
    return create(PagesHost(_visitor, warehouse_engine, secret, path, connect, AirflowRuns()))


def _visitor(user: GetUserDep) -> Visitor:
    """Who asks; Airflow answers 401 where nobody is signed in."""
    return Visitor(user.get_name(), rights(get_auth_manager(), user))


def rights(manager: BaseAuthManager, user: BaseUser) -> frozenset[Right]:
    """What Airflow's auth manager lets somebody do here.

    The permission on views is the same for reading and changing, and every viewer holds it. So the right to see is
    that of every DAG of the product, and the others are those on connections, which viewers and users have not: Airflow
    calls the first role that has them Op. Who may change may also start and stop runs here, where Airflow's own buttons
    would let them. No single permission is Admin's alone under every manager: the connections of whatever team are so
    under the simple one, the audit log under FAB; an administrator has both.
    """
    may_change = manager.is_authorized_connection(method="PUT", user=user)
    held = {
        Right.SEE: _of_every_flow(manager, user, "GET", None),
        Right.PERSONS: manager.is_authorized_connection(method="GET", user=user),
        Right.CHANGE: may_change,
        Right.RUN: may_change
        and _of_every_flow(manager, user, "POST", DagAccessEntity.RUN)
        and _of_every_flow(manager, user, "PUT", DagAccessEntity.RUN),
        Right.ADMIN: may_change
        and manager.is_authorized_connection(method="PUT", details=_ANY_TEAM, user=user)
        and _of_every_flow(manager, user, "GET", DagAccessEntity.AUDIT_LOG),
    }
    return frozenset(right for right, has in held.items() if has)


def _of_every_flow(
    manager: BaseAuthManager, user: BaseUser, method: ResourceMethod, entity: DagAccessEntity | None
) -> bool:
    return all(
        manager.is_authorized_dag(method=method, access_entity=entity, details=DagDetails(id=flow), user=user)
        for flow in FLOWS
    )
