"""Ask the server of this container whether it is well: python -m trialsite.lib.probe

Ends with 0 when it is. The address is asked under the first host name the site answers to.
"""

import os
import sys
from http.client import HTTPConnection

PORT = 8000
PATIENCE_SECONDS = 3


def probe(host: str, port: int = PORT) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)
    try:
        connection.request("GET", "/health", headers={"Host": host})
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(not probe(os.environ.get("TRIALSITE_HOSTS", "localhost").split(",")[0].strip()))
