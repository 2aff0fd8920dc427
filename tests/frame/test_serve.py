"""What gunicorn logs, and what the health check of a container asks."""

import socket
from datetime import timedelta
from types import SimpleNamespace

import pytest
from gunicorn.config import Config
from pytest_django.live_server_helper import LiveServer

from trialsite import serve
from trialsite.lib.probe import probe

ENVIRON = {
    "REQUEST_METHOD": "GET",
    "RAW_URI": "/patients/P2-014/?arm=sham",
    "PATH_INFO": "/patients/P2-014/",
    "QUERY_STRING": "arm=sham",
    "SERVER_PROTOCOL": "HTTP/1.1",
    "HTTP_REFERER": "https://trial.example.org/patients/P2-014/",
    "REMOTE_ADDR": "192.0.2.7",
}


def test_the_access_log_names_neither_patient_nor_query_nor_person() -> None:
    response = SimpleNamespace(status="200 OK", sent=17, headers=[])
    logger = serve.DiscreetLogger(Config())
    request = SimpleNamespace(headers=[])
    atoms = logger.atoms(response, request, ENVIRON, timedelta(milliseconds=3))
    line = serve.access_log_format % {**atoms, "t": "now"}
    assert line == "now GET /patients/*/ 200 17 bytes 3 ms"


@pytest.mark.django_db(transaction=True)
def test_the_probe_finds_a_healthy_server(live_server: LiveServer) -> None:
    port = int(live_server.url.rsplit(":", 1)[1])
    assert probe("localhost", port)
    assert not probe("a.stranger.example", port)


def test_the_probe_finds_no_server() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        assert not probe("localhost", taken.getsockname()[1])
