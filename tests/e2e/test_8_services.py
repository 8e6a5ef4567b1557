"""The services as the laptop reaches them: by their names, through the tunnel."""

import pytest

from mpdtest.dns import dig
from mpdtest.process import run
from mpdtest.sandbox import DEVELOPER
from mpdtest.ssh import options


def address(sandbox, name):
    """What the VM's resolver tells the laptop."""
    found = dig(name, within=sandbox.within).data
    assert len(found) == 1, (name, found)
    return found[0]


def page(sandbox, host):
    """What a browser on the laptop is shown."""
    return sandbox.laptop("curl", "--silent", "--show-error", "--fail", "--max-time", "10",
                          "--noproxy", "*", "--resolve", f"{host}:80:{address(sandbox, host)}",
                          f"http://{host}/").stdout


def sftp(sandbox, key, *commands, check=True):
    batch = "".join(f"{command}\n" for command in commands)
    where = address(sandbox, "fileaccess.service.mpd.test")
    return run(*sandbox.within, "sftp", *options(key), "-b", "-", f"{DEVELOPER}@{where}",
               stdin=batch, check=check)


def test_portal_shows_its_page(sandbox):
    hostname = sandbox.machine("hostname").stdout.strip()
    for host in ("mpd.test", "portal.service.mpd.test"):
        assert f"<title>{hostname}</title>" in page(sandbox, host)


def test_adminer_asks_for_a_login(sandbox):
    shown = page(sandbox, "adminer.service.mpd.test").replace("'", '"')
    assert 'name="auth[server]"' in shown
    assert 'value="pgsql"' in shown and 'value="server"' in shown


def test_files_come_and_go_with_the_key(sandbox, tmp_path):
    (tmp_path / "there").write_text("some text")
    sftp(sandbox, sandbox.key, f"put {tmp_path}/there projects/there",
         f"get /srv/projects/there {tmp_path}/back", "rm projects/there")
    assert (tmp_path / "back").read_text() == "some text"


def test_files_without_the_key_are_refused(sandbox, tmp_path):
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / "other")
    refused = sftp(sandbox, tmp_path / "other", "ls", check=False)
    assert refused.code == 255
    assert "Permission denied (publickey)" in refused.text


@pytest.mark.parametrize("name", ["portal", "fileaccess", "adminer"])
def test_status_shows_it_running(sandbox, name):
    line = next(text for text in sandbox.mpdctl("status").stdout.splitlines()
                if f"service/{name}" in text)
    assert line.split()[1:3] == ["RUNNING", "RUNNING"]
