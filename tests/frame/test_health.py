"""The page that tells a load balancer whether this process works."""

import pytest
from django.db import OperationalError, connection
from django.test import Client


@pytest.mark.django_db
def test_health_answers_without_sign_in(client: Client) -> None:
    response = client.get("/health")
    assert (response.status_code, response.content) == (200, b"ok\n")


@pytest.mark.django_db
def test_health_tells_no_detail_when_the_database_is_away(
    client: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse() -> None:
        raise OperationalError("could not connect to secret-host as secret-user")

    monkeypatch.setattr(connection, "cursor", refuse)
    response = client.get("/health")
    assert (response.status_code, response.content) == (503, b"unavailable\n")
    assert "The database does not answer" in caplog.text


@pytest.mark.django_db
def test_health_only_reads(client: Client) -> None:
    assert client.post("/health").status_code == 405
