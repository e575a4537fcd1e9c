"""What the small servers of the outside world have in common."""

import json
import socket
import threading
from abc import ABC, abstractmethod
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Threads(ThreadingHTTPServer):
    """A thread for each connection; many may knock at once."""

    daemon_threads = True
    request_queue_size = 256

    def handle_error(self, *_: Any) -> None:
        """Whoever asked has gone, which is theirs to do."""


class Server(ABC):
    """An HTTP server in a thread: `with FakeTwilio() as twilio: …`."""

    def __init__(self, port: int = 0) -> None:
        outer = self
        self.callers: list[Any] = []  # an address for each connection

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True  # head and body are two writes

            def setup(self) -> None:
                outer.callers.append(self.client_address)
                super().setup()

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                outer.answer(self, body)

            do_GET = do_POST

            def log_message(self, *_: Any) -> None:
                pass

        self.server = Threads(("127.0.0.1", port), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    @abstractmethod
    def answer(self, request: BaseHTTPRequestHandler, body: bytes) -> None:
        """What this service says to a request."""

    @staticmethod
    def say(request: BaseHTTPRequestHandler, status: int, data: Any = None) -> None:
        said = json.dumps(data).encode() if data is not None else b""
        request.send_response(status)
        request.send_header("Content-Type", "application/json")
        request.send_header("Content-Length", str(len(said)))
        with suppress(BrokenPipeError, ConnectionResetError):  # whoever asked has gone
            request.end_headers()
            request.wfile.write(said)

    def start(self) -> Any:
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def goes_away(self) -> None:
        """Connections are refused until it comes back; nobody else gets its address meanwhile."""
        self.server.shutdown()
        self.server.server_close()
        self.place = socket.socket()
        self.place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.place.bind(self.server.server_address[:2])

    def comes_back(self) -> None:
        with self.place:
            self.server = Threads(self.server.server_address[:2], self.server.RequestHandlerClass)
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def __enter__(self) -> Any:
        return self.start()

    def __exit__(self, *_: Any) -> None:
        self.stop()
