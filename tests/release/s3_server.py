"""moto's S3 on a port, one request after the other: `s3_server.py PORT`.

S3 decides a conditional write in one step. moto looks first and writes then, so that of two that come at the same
time both can win; and it fails at times when a bucket changes while it looks. One at a time it does as S3 does.
"""

from __future__ import annotations

import sys
from typing import Any

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import run_simple


def main() -> None:
    application: Any = DomainDispatcherApplication(create_backend_app)
    run_simple("127.0.0.1", int(sys.argv[1]), application, threaded=False, request_handler=MotoRequestHandler)


if __name__ == "__main__":
    main()
