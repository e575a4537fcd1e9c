"""A Twilio far away: it takes every text and answers each after the same latency, and is faster than whoever asks.

python -m bench.far_twilio LATENCY_MS prints its address; GET /count says how many it took. One thread, no parsing.
"""

import asyncio
import json
import sys

ANSWER = (
    b"HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\nConnection: keep-alive\r\n\r\n%s"
)
taken = 0


class Line(asyncio.Protocol):
    """One connection, one request after the other."""

    def __init__(self, latency_seconds: float) -> None:
        self.latency_seconds = latency_seconds
        self.heard = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.heard += data
        head, end, body = self.heard.partition(b"\r\n\r\n")
        if not end or len(body) < self._body_length(head):
            return
        self.heard = b""
        if head.startswith(b"GET /count"):
            self._say(b"200 OK", {"count": taken})
        else:
            asyncio.get_running_loop().call_later(self.latency_seconds, self._take)

    @staticmethod
    def _body_length(head: bytes) -> int:
        for line in head.split(b"\r\n"):
            if line.lower().startswith(b"content-length:"):
                return int(line[15:])
        return 0

    def _take(self) -> None:
        global taken
        taken += 1
        self._say(b"201 Created", {"sid": f"SM{taken:032x}", "status": "queued", "error_code": None})

    def _say(self, status: bytes, said: dict[str, object]) -> None:
        body = json.dumps(said).encode()
        if not self.transport.is_closing():
            self.transport.write(ANSWER % (status, len(body), body))


async def serve(latency_ms: float) -> None:
    """Until whoever started us closes our input."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Line(latency_ms / 1000), "127.0.0.1", 0, backlog=512)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(serve(float(sys.argv[1])))
