"""What the image and the compose file take for granted."""

import re
from pathlib import Path

from django.conf import settings

from trialsite.lib.env import names_of
from trialsite.lib.options import KNOWN

ROOT = Path(__file__).parents[2]


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def test_the_image_holds_every_part_of_the_product() -> None:
    kept = set(re.findall(r"^!(.+)$", read(".dockerignore"), re.MULTILINE))
    own = {app.split(".")[0] for app in settings.INSTALLED_APPS if (ROOT / app.split(".")[0]).is_dir()}
    assert own | {"templates", "static", "manage.py", "pyproject.toml", "requirements.txt"} == kept


def test_the_compose_file_uses_settings_that_exist() -> None:
    used = set(re.findall(r"\b(TRIALSITE_[A-Z_]+|DATABASE_URL)\b", read("docker-compose.yml") + read("Dockerfile")))
    assert used - {name for setting in KNOWN for name in names_of(setting)} == set()


def test_every_secret_of_the_compose_file_comes_from_a_file() -> None:
    text = read("docker-compose.yml")
    read_inside = set(re.findall(r"/run/secrets/([a-z_]+)", text + read("docs/how_to/deploy/nginx.conf")))
    defined = set(re.findall(r"secrets\}/([a-z_]+)$", text, re.MULTILINE))
    assert read_inside <= defined
    assert not re.search(r"(PASSWORD|KEY): ", text)


def service(name: str) -> str:
    """What the compose file says of one service, with what it takes over from the blocks it names."""
    text = read("docker-compose.yml")
    own = re.search(rf"^  {name}:\n(.*?)(?=^  \w|^\w|\Z)", text, re.MULTILINE | re.DOTALL)
    assert own, name
    taken = [
        block[1]
        for anchor in re.findall(r"<<: \*(\w+)", own[1])
        if (block := re.search(rf"&{anchor}\n(.*?)(?=^\S|\Z)", text, re.MULTILINE | re.DOTALL))
    ]
    return own[1] + "".join(taken)


def test_what_serves_blinded_people_is_given_neither_the_key_nor_the_role_of_the_vault() -> None:
    for name in ("web", "worker", "migrate"):
        assert "TRIALSITE_SERVES: blinded" in service(name)
        assert "allocation_key" not in service(name)
        assert "unblinded" not in re.sub(r"TRIALSITE_UNBLINDED_ADDRESS: .*", "", service(name))
    assert "TRIALSITE_SERVES: unblinded" in service("unblinded")
    assert "TRIALSITE_ALLOCATION_KEY_FILE" in service("unblinded")
    assert "/secret_key" not in service("unblinded").replace("unblinded_secret_key", "")
    assert "default web;" in read("docs/how_to/deploy/nginx.conf")


def test_an_investigator_is_led_to_the_host_that_serves_the_unblinded() -> None:
    address = re.search(r"TRIALSITE_UNBLINDED_ADDRESS: https://(\S+)", service("web"))
    hosts = re.search(r"TRIALSITE_HOSTS: (\S+)", service("unblinded"))
    assert address
    assert hosts
    assert address[1] == hosts[1]
    assert r'"~^unblinded\." unblinded;' in read("docs/how_to/deploy/nginx.conf")
