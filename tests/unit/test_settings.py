"""A wrong or missing setting ends in one line that names it, and never shows a secret."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from bot.cli.settings import load_cli_settings
from bot.config import Config, ConfigError, load_config
from bot.configured_projects import configured_projects
from bot.project_config import InvitationConfig
from bot.settings import SettingsError, load_settings

KEY = "c2FuZGJveC1rZXktc2FuZGJveC1rZXktc2FuZGJveCE="
GUID = "11111111-2222-3333-4444-55555555555A"
GOOD = {
    "MicrosoftAppId": GUID,
    "MicrosoftAppPassword": "s3cret",
    "MicrosoftAppTenantId": GUID,
    "DOORMAN_SECRET_KEYS": KEY,
}
CLI = {"AZURE_TENANT_ID": GUID, "AZURE_CLIENT_ID": GUID, "AZURE_CLIENT_SECRET": "s3cret"}


def test_the_least_that_is_needed() -> None:
    settings = load_settings(GOOD)
    assert settings.app_id == GUID.lower()
    assert settings.graph_url == "https://graph.microsoft.com/v1.0"
    assert settings.login_url == "https://login.microsoftonline.com"
    assert settings.public_url == "http://127.0.0.1:3978"
    assert settings.database_url.get_secret_value() == "sqlite:///doorman.db"
    assert "smba.trafficmanager.net" in settings.connector_hosts
    assert settings.app_type == "SingleTenant"


def test_secrets_do_not_show() -> None:
    shown = repr(load_settings({**GOOD, "DATABASE_URL": "postgresql://doorman:hunter2@db/doorman"}))
    assert "s3cret" not in shown
    assert "hunter2" not in shown
    assert KEY not in shown


def test_public_url_follows_the_port() -> None:
    assert load_settings({**GOOD, "DOORMAN_PORT": "4000"}).public_url == "http://127.0.0.1:4000"


def test_names_are_read_in_any_case() -> None:
    upper = {name.upper(): value for name, value in GOOD.items()}
    settings = load_settings({**upper, "microsoftapptype": "singletenant", "LOG_LEVEL": "debug"})
    assert settings.app_type == "SingleTenant"
    assert settings.log_level == "DEBUG"


def test_the_environment_is_read_when_none_is_given(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)
    (tmp_path / ".env").write_text(
        "LOG_LEVEL=warning\nPUBLIC_URL=https://bot.example/\nCONNECTOR_HOSTS=a.example, b.example:81\n"
    )
    settings = load_settings()
    assert settings.log_level == "WARNING"
    assert settings.public_url == "https://bot.example"
    assert settings.connector_hosts == ("a.example", "b.example:81")


def test_a_given_mapping_is_all_that_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOG_LEVEL", "DEBUG")
    assert load_settings(GOOD).log_level == "INFO"


@pytest.mark.parametrize("name", ["MicrosoftAppId", "MicrosoftAppTenantId", "DOORMAN_SECRET_KEYS"])
def test_missing_settings_are_named(name: str) -> None:
    for env in ({key: value for key, value in GOOD.items() if key != name}, {**GOOD, name: ""}):
        with pytest.raises(SettingsError, match=f"^{name} is missing$"):
            load_settings(env)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"MicrosoftAppId": "doorman"}, "MicrosoftAppId: is not a GUID"),
        ({"MicrosoftAppPassword": ""}, "MicrosoftAppPassword (or MicrosoftAppCertificatePath) is missing"),
        ({"MicrosoftAppCertificatePath": "/nowhere.pem"}, "are both set"),
        ({"MicrosoftAppType": "UserAssignedMSI"}, "MicrosoftAppType: "),
        ({"WRITER_APP_ID": GUID}, "WRITER_APP_PASSWORD (or WRITER_APP_CERTIFICATE_PATH) is missing"),
        ({"WRITER_APP_PASSWORD": "x"}, "WRITER_APP_ID is missing"),
        ({"GRAPH_URL": "http://graph.example"}, "GRAPH_URL: must be https"),
        ({"LOGIN_URL": "http://10.0.0.1"}, "LOGIN_URL: must be https"),
        ({"LOGIN_URL": "ftp://login.example"}, "LOGIN_URL: is not an http(s) URL"),
        ({"LOGIN_URL": "https://user:pw@login.example"}, "LOGIN_URL: must not carry credentials"),
        ({"BOT_OPENID_METADATA_URL": "http://login.example/x"}, "BOT_OPENID_METADATA_URL: must be https"),
        ({"PUBLIC_URL": "http://bot.example"}, "PUBLIC_URL: must be https"),
        ({"CONNECTOR_HOSTS": " , "}, "CONNECTOR_HOSTS: names no host"),
        ({"DOORMAN_PORT": "70000"}, "DOORMAN_PORT: "),
        ({"DOORMAN_SECRET_KEYS": f"{KEY},short"}, "DOORMAN_SECRET_KEYS: key 2 is not a Fernet key"),
        ({"LOG_LEVEL": "LOUD"}, "LOG_LEVEL: "),
    ],
)
def test_wrong_settings_are_named_in_one_line(changes: dict[str, str], words: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings({**GOOD, **changes})
    said = str(caught.value)
    assert words in said
    assert "\n" not in said
    assert "s3cret" not in said
    assert KEY not in said


@pytest.mark.parametrize("url", ["http://127.0.0.1:8765", "http://localhost:8765/", "http://[::1]:8765"])
def test_plain_http_is_for_loopback(url: str) -> None:
    settings = load_settings({**GOOD, "GRAPH_URL": url, "LOGIN_URL": url, "PUBLIC_URL": url})
    assert settings.graph_url == f"{url.rstrip('/')}/v1.0"
    assert settings.login_url == url.rstrip("/")


def test_graph_url_with_and_without_its_version() -> None:
    for url in ("https://graph.microsoft.us", "https://graph.microsoft.us/v1.0", "https://graph.microsoft.us/v1.0/"):
        assert load_settings({**GOOD, "GRAPH_URL": url}).graph_url == "https://graph.microsoft.us/v1.0"
        assert load_cli_settings({**CLI, "GRAPH_URL": url}).graph_url == "https://graph.microsoft.us/v1.0"
    for load, env in ((load_settings, GOOD), (load_cli_settings, CLI)):
        with pytest.raises(SettingsError, match="GRAPH_URL: must not be Graph's beta"):
            load({**env, "GRAPH_URL": "https://graph.microsoft.com/beta/"})


def test_a_certificate_instead_of_a_password(tmp_path: Path) -> None:
    pem = tmp_path / "bot.pem"
    pem.write_text("…")
    env = {**GOOD, "MicrosoftAppPassword": "", "MicrosoftAppCertificatePath": str(pem)}
    assert load_settings(env).app_certificate_path == pem


def test_no_configuration_file_is_fine() -> None:
    assert load_config(None) == Config()


def test_a_configuration_file(tmp_path: Path) -> None:
    path = tmp_path / "doorman.yaml"
    path.write_text("support_contact: IT desk, 1234\npoll_seconds: 10\n")
    config = load_config(path)
    assert (config.support_contact, config.poll_seconds, config.retention_months) == ("IT desk, 1234", 10, 13)
    path.write_text("")
    assert load_config(path) == Config()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("poll_second: 10\n", "poll_second: no such key; did you mean poll_seconds?"),
        ("zzz: 1\n", "zzz: no such key"),
        ("poll_seconds: 10\npoll_seconds: 20\n", "line 2: a key is there twice"),
        ("poll_seconds: soon\n", "poll_seconds: input should be a valid integer"),
        ("poll_seconds: 0\n", "poll_seconds: input should be greater than or equal to 1"),
        ("languages: []\n", "languages: "),
        ("- a\n- b\n", "must hold keys and values"),
        ("a: [\n", "line 2: "),
        ("a: !!python/object/apply:os.system ['true']\n", "could not determine a constructor"),
    ],
)
def test_wrong_configuration_is_named(tmp_path: Path, content: str, words: str) -> None:
    path = tmp_path / "doorman.yaml"
    path.write_text(content)
    with pytest.raises(ConfigError) as caught:
        load_config(path)
    assert words in str(caught.value)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


def test_a_package_of_a_project_is_named_or_says_where_its_people_come_from(tmp_path: Path) -> None:
    file = tmp_path / "doorman.yaml"
    said = "{Lead: Leads of Oak, Member: {managed_by: both}, Reader: {name: Readers, managed_by: self-service}}"
    file.write_text(f"projects: [{{name: Oak, packages: {said}}}, {{name: Elm, managed_by: both}}]\n")
    oak, elm = configured_projects(load_config(file))
    assert oak.packages == {"Lead": "Leads of Oak", "Reader": "Readers"}
    assert {role: oak.source_of(role).value for role in ("Lead", "member ", "Reader")} == {
        "Lead": "file",
        "member ": "both",
        "Reader": "self-service",
    }
    assert elm.source_of("Lead").value == "both"
    for wrong, words in (
        ("{Lead: {managed_by: files}}", "projects.0.packages.Lead.managed_by: input should be 'file'"),
        ("{Lead: {managedby: file}}", "projects.0.packages.Lead.managedby: no such key"),
        ("{Lead: A, lead: B}", "projects.0.packages: the role 'lead' is there twice"),
    ):
        file.write_text(f"projects: [{{name: Oak, packages: {wrong}}}]\n")
        with pytest.raises(ConfigError) as caught:
            load_config(file)
        assert words in str(caught.value)


@pytest.mark.parametrize(
    "address",
    [
        "https://example.com/invite'",
        '"https://example.com/invite',
        "https://example.com/in vite",
        "http://example.com/invite",
        "https://",
        "https://example.com:port/",
        "https://[example.com/",
        "https://somebody@example.com/",
        "example.com/invite",
    ],
)
def test_an_address_that_an_invitation_cannot_lead_to_is_named(address: str) -> None:
    with pytest.raises(ValidationError, match="must be an https address"):
        InvitationConfig(redirect_url=address)
    assert InvitationConfig(redirect_url="https://example.com:8443/invite?a=b").redirect_url.endswith("a=b")


@pytest.mark.parametrize("groups", ["[[crm]]", "[[crm, x]]", "[crm, salesforce]", "[[crm, 7]]"])
def test_groups_of_synonyms_that_say_nothing_are_named(tmp_path: Path, groups: str) -> None:
    file = tmp_path / "doorman.yaml"
    file.write_text(f"synonyms: {groups}\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="synonyms") as caught:
        load_config(file)
    assert "\n" not in str(caught.value)


def test_a_configuration_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load_config(tmp_path / "none.yaml")
