"""Who is told of a red run: a mail to the addresses of ETL_ALERT_MAIL, over real SMTP."""

import json
import socketserver
from email import message_from_string
from threading import Thread

import pytest
from airflow.sdk import DAG
from learning_results_airflow import alerts


class Mailbox(socketserver.StreamRequestHandler):
    """As much of a mail server as one mail needs."""

    def handle(self):
        say = lambda line: self.wfile.write(f"{line}\r\n".encode())  # noqa: E731
        say("220 mailbox")
        while line := self.rfile.readline().decode().strip():
            if line.upper() == "DATA":
                say("354 go on")
                while (part := self.rfile.readline().decode()) != ".\r\n":
                    self.server.received.append(part)
                say("250 taken")
            elif line.upper() == "QUIT":
                say("221 bye")
                return
            else:
                self.server.recipients += (
                    [line.replace("rcpt", "RCPT")] if line.upper().startswith("RCPT") else []
                )
                say("250 ok")


@pytest.fixture
def mailbox(monkeypatch):
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Mailbox) as server:
        server.received, server.recipients = [], []
        Thread(target=server.serve_forever, daemon=True).start()
        extra = {"from_email": "etl@example.org", "disable_ssl": True, "disable_tls": True}
        connection = {
            "conn_type": "smtp",
            "host": "127.0.0.1",
            "port": server.server_address[1],
            "extra": extra,
        }
        monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", json.dumps(connection))
        yield server
        server.shutdown()


def test_nobody_is_told_unless_somebody_is_named(monkeypatch):
    monkeypatch.delenv("ETL_ALERT_MAIL", raising=False)
    assert alerts() == []


def test_a_red_run_sends_one_mail_that_names_the_run_and_where_its_report_is(mailbox, monkeypatch):
    monkeypatch.setenv("ETL_ALERT_MAIL", "anna@example.org, bert@example.org")
    monkeypatch.setenv("AIRFLOW__API__BASE_URL", "https://learning.example.org/airflow")
    [tell] = alerts()
    tell({"dag": DAG("moodle_results", schedule=None), "run_id": "scheduled__1"})
    assert mailbox.recipients == ["RCPT TO:<anna@example.org>", "RCPT TO:<bert@example.org>"]
    mail = message_from_string("".join(mailbox.received))
    assert mail["Subject"] == "moodle_results is red"
    [text] = [part.get_payload(decode=True).decode() for part in mail.walk() if not part.is_multipart()]
    assert "https://learning.example.org/airflow/dags/moodle_results/runs/scheduled__1/tasks/report" in text
