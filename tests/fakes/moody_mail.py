"""A mail server that refuses, hangs or goes away at the stage it is told to."""

from __future__ import annotations

import threading
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import Any

HANG, DROP = "hang", "drop"
ANSWERS = {
    "connect": "220 moody.example",
    "EHLO": "250-moody.example\r\n250-AUTH PLAIN LOGIN\r\n250-SIZE 1000000\r\n250 STARTTLS",
    "HELO": "250 moody.example",
    "STARTTLS": "454 no TLS today",
    "AUTH": "235 you are",
    "MAIL": "250 fine",
    "RCPT": "250 fine",
    "DATA": "354 go on",
    "dot": "250 kept",
    "RSET": "250 fine",
    "QUIT": "221 bye",
}


class _Conversation(StreamRequestHandler):
    server: MoodyMailServer

    def handle(self) -> None:
        going = self.say("connect")
        while going and (line := self.rfile.readline()):
            verb = line[:8].split()[0].decode().upper()
            going = self.say(verb) and verb != "QUIT"
            if going and verb == "DATA" and self.server.answers["DATA"].startswith("354"):
                self.server.bodies.append(self.body())
                going = self.say("dot")

    def say(self, stage: str) -> bool:
        """Whether the conversation goes on."""
        self.server.stages.append(stage)
        answer = self.server.answers[stage]
        if answer == HANG:
            self.server.over.wait()
        if answer in (HANG, DROP):
            return False
        self.wfile.write(answer.encode() + b"\r\n")
        return True

    def body(self) -> bytes:
        read = b""
        while not read.endswith(b"\r\n.\r\n"):
            read += self.rfile.readline()
        return read.removesuffix(b".\r\n")


class MoodyMailServer(ThreadingTCPServer):
    """`answers` by stage: a line of SMTP, HANG or DROP. `bodies` as they came, dots and all."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, **answers: str) -> None:
        super().__init__(("127.0.0.1", 0), _Conversation)
        self.answers = ANSWERS | answers
        self.port: int = self.server_address[1]
        self.stages: list[str] = []
        self.bodies: list[bytes] = []
        self.over = threading.Event()

    def __enter__(self) -> MoodyMailServer:
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(self, *_: Any) -> None:
        self.over.set()
        self.shutdown()
        self.server_close()
