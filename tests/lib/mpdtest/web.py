"""HTTP to an address, as a host of one's choice."""

import http.client
import urllib.parse
from http.cookies import SimpleCookie

PORTAL = "10.163.0.4"


def get(address, host, path="/", timeout=10):
    """The status and the text."""
    connection = http.client.HTTPConnection(address, 80, timeout=timeout)
    try:
        connection.request("GET", path, headers={"Host": host})
        response = connection.getresponse()
        return response.status, response.read().decode()
    finally:
        connection.close()


def log_in_by_adminer(driver, server, user, password, timeout=20):
    """The page that follows the form of adminer, as the portal gives it."""
    headers = {"Host": "adminer.service.mpd.test"}
    form = urllib.parse.urlencode({"auth[driver]": driver, "auth[server]": server,
                                   "auth[username]": user, "auth[password]": password,
                                   "auth[db]": ""})
    connection = http.client.HTTPConnection(PORTAL, 80, timeout=timeout)
    try:
        connection.request("POST", "/", form,
                           dict(headers, **{"Content-Type": "application/x-www-form-urlencoded"}))
        sent = connection.getresponse()
        sent.read()
        cookies = SimpleCookie()
        for line in sent.headers.get_all("Set-Cookie", []):
            cookies.load(line)
        headers["Cookie"] = "; ".join(f"{name}={cookie.value}" for name, cookie in cookies.items())
        # It may be no more than "?pgsql=…".
        where = urllib.parse.urlsplit(sent.headers["Location"])
        connection.request("GET", f"{where.path or '/'}?{where.query}", headers=headers)
        return connection.getresponse().read().decode()
    finally:
        connection.close()
