"""Who may what on the pages under Airflow's simple auth manager, by its own roles."""

import pytest
from airflow.api_fastapi.auth.managers.simple.simple_auth_manager import SimpleAuthManager
from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser
from learning_results_pages import rights


@pytest.mark.parametrize(
    ("role", "held"),
    [
        (None, set()),
        ("viewer", {"see"}),
        ("user", {"see"}),
        ("op", {"see", "persons", "change"}),
        ("admin", {"see", "persons", "change"}),
    ],
)
def test_each_role_of_airflow_has_its_rights_on_the_pages(role, held):
    assert rights(SimpleAuthManager(), SimpleAuthManagerUser(username="somebody", role=role)) == held
