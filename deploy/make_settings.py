"""Prints the settings of an installation, with keys and a database password made for it.

    python "$(etl path deploy/make_settings.py)" --database 127.0.0.1:5432 --port 8080 > settings.env

The file is read by systemd (EnvironmentFile=) and by a shell (set -a; . ./settings.env; set +a). It holds secrets:
keep it readable by the services' user only, and in a backup, since nothing can read the connections without its keys.
"""

import argparse
import secrets
from base64 import urlsafe_b64encode
from pathlib import Path
from urllib.parse import urlsplit

from etl.places import resource


def settings(database: str, port: int, url: str, data: Path) -> dict[str, str]:
    """Environment of the services and of every shell that works with them."""
    password = secrets.token_hex(24)  # no character that an address would have to escape
    login = f"results:{password}@{database}"
    prefix = urlsplit(url).path.rstrip("/")
    return {
        "DATABASE_PASSWORD": password,
        "WAREHOUSE_URL": f"postgresql://{login}/warehouse",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"postgresql+psycopg2://{login}/airflow",
        "ETL_STATE_DIR": str(data),
        "AIRFLOW_HOME": str(data),
        "AIRFLOW_CONFIG": str(resource("airflow.cfg")),
        "AIRFLOW__CORE__DAGS_FOLDER": str(resource("dags")),
        "AIRFLOW__CORE__FERNET_KEY": urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        "AIRFLOW__API__SECRET_KEY": secrets.token_hex(32),
        "AIRFLOW__API_AUTH__JWT_SECRET": secrets.token_hex(64),
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__BASE_URL": url,
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{port}{prefix}/execution/",
        "NO_PROXY": "127.0.0.1,localhost",
        "no_proxy": "127.0.0.1,localhost",
    }


def main() -> None:
    """Print them, one a line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--database", default="127.0.0.1:5432", help="host:port of PostgreSQL")
    parser.add_argument(
        "--port", type=int, default=8080, help="of Airflow's API server, on this machine only"
    )
    parser.add_argument(
        "--url", help="how browsers reach it, also below a path; default: the port on this machine"
    )
    parser.add_argument(
        "--data", type=Path, default=Path("/var/lib/learning-results"), help="logs and other files"
    )
    given = parser.parse_args()
    url = (given.url or f"http://127.0.0.1:{given.port}").rstrip("/")
    for name, value in settings(given.database, given.port, url, given.data.absolute()).items():
        print(f"{name}={value}")


if __name__ == "__main__":
    main()
