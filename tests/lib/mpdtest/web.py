"""HTTP to an address, as a host of one's choice."""

import http.client


def get(address, host, path="/", timeout=10):
    """The status and the text."""
    connection = http.client.HTTPConnection(address, 80, timeout=timeout)
    try:
        connection.request("GET", path, headers={"Host": host})
        response = connection.getresponse()
        return response.status, response.read().decode()
    finally:
        connection.close()
