"""What people see and change in Airflow's web UI (docs/pages.md). No rule lives here."""
